import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { maskPieces, readPrinted } from "../../src/agent/printed.ts";
import { masker } from "../../src/core/redact.ts";
import { sandbox } from "../support/temporary.ts";

const folder = sandbox();
const file = join(folder, "1.out");

test("output in pieces of any size is masked as the whole would be, and every place in it is one to go on from", () => {
  const word = fc.constantFrom("secret-1", "secret-12345", "sec", "ret-1", "-1", "é", "\n", "x", "345");
  const masking = masker(["secret-1", "secret-12345"]);
  fc.assert(
    fc.property(fc.array(word, { maxLength: 20 }), fc.array(fc.nat(12), { maxLength: 20 }), (words, sizes) => {
      const text = words.join("");
      writeFileSync(file, text);
      const whole = masking.mask(text);
      const reading = maskPieces(file, 0, masking);
      const shown: { text: string; from: number; to: number }[] = [];
      let rest = text;
      let at = 0;
      for (const size of sizes) {
        const piece = rest.slice(0, size);
        rest = rest.slice(size);
        at += Buffer.byteLength(piece);
        shown.push(reading.write(piece, at));
      }
      shown.push(reading.write(rest, Buffer.byteLength(text)), reading.end(Buffer.byteLength(text)));
      expect(shown.map((piece) => piece.text).join("")).toBe(whole);
      let before = "";
      for (const piece of shown) {
        before += piece.text;
        const after = readPrinted(file, { from: piece.to, limit: 2 ** 20, isOver: true, masker: masking });
        expect(before + after.text).toBe(whole);
      }
    }),
    { numRuns: 500 },
  );
});

test("no byte to begin from shows a part of a secret", () => {
  const secret = "correct-horse";
  const text = `before ${secret} after`;
  writeFileSync(file, text);
  for (let from = 0; from <= text.length; from++) {
    const { text: shown } = readPrinted(file, { from, limit: 2 ** 20, isOver: true, masker: masker([secret]) });
    const end = 7 + secret.length;
    expect(shown).toBe(
      from <= 7 ? text.slice(from).replace(secret, "***") : from < end ? "*** after" : text.slice(from),
    );
  }
});

test("what may be half of a secret waits while its step runs", () => {
  writeFileSync(file, "a correct-ho");
  const masking = masker(["correct-horse"]);
  expect(readPrinted(file, { from: 0, limit: 100, isOver: false, masker: masking })).toEqual({
    text: "a ",
    from: 0,
    to: 2,
  });
  writeFileSync(file, "a correct-hole");
  expect(readPrinted(file, { from: 2, limit: 100, isOver: false, masker: masking }).text).toBe("correct-hole");
});

test("what was given back to the disk is told as missing, and reading goes on behind it", () => {
  writeFileSync(file, `head${"\0".repeat(100)}tail`);
  writeFileSync(`${file}.gap`, "4 104\n");
  const masking = masker();
  const first = readPrinted(file, { from: 0, limit: 1000, isOver: true, masker: masking });
  expect(first.text).toBe("head\n[… 100 bytes are missing here …]\n");
  expect(readPrinted(file, { from: first.to, limit: 1000, isOver: true, masker: masking }).text).toBe("tail");
});
