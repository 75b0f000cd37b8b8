import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { childEnvironment } from "../../src/core/environment.ts";
import { capOutput, readGap, truncateAround } from "../../src/core/output/cap.ts";
import { follow } from "../../src/core/output/follow.ts";
import { missingMark, outputFile, readOutput } from "../../src/core/output.ts";
import { startProcess } from "../../src/core/spawn.ts";
import { sandbox, until } from "../support/temporary.ts";

const root = sandbox();
let made = 0;
const fresh = (text: string | Uint8Array = "") => {
  const file = join(root, `${made++}.out`);
  writeFileSync(file, text);
  return file;
};
const onDisk = (file: string) => statSync(file).blocks * 512;
const KiB = 1024;

test("a step's output has one place", () => {
  expect(outputFile("/d", "op_1", 3, "err")).toBe("/d/output/op_1/3.err");
});

describe("reading", () => {
  test("gives all of a short output, from any byte on, and nothing where there is no file", () => {
    const file = fresh("hällo\0\n");
    expect(readOutput(file)).toEqual({ text: "hällo\0\n", missing: 0, end: 8 });
    expect(readOutput(file, { from: 6 })).toEqual({ text: "\0\n", missing: 0, end: 8 });
    expect(readOutput(join(root, "none"))).toEqual({ text: "", missing: 0, end: 0 });
  });

  test("gives head and tail of a long one, with the exact number of bytes between them", () => {
    const file = fresh(`${"a".repeat(5_000)}${"b".repeat(5_000)}`);
    expect(readOutput(file, { limit: 100 })).toEqual({
      text: `${"a".repeat(50)}${missingMark(9_900)}${"b".repeat(50)}`,
      missing: 9_900,
      end: 10_000,
    });
    expect(readOutput(file, { from: 9_950, limit: 100 }).text).toBe("b".repeat(50));
  });

  test.each([60, 61, 62, 63, 64, 65, 66, 67])("cuts no character in two (limit %i)", (limit) => {
    const { text, missing } = readOutput(fresh("a€😀".repeat(100)), { limit });
    expect(text).not.toContain("\ufffd");
    expect(Buffer.byteLength(text.replace(missingMark(missing), "")) + missing).toBe(800);
  });

  test("shows bytes that are no text as such", () => {
    expect(readOutput(fresh(new Uint8Array([97, 255, 98]))).text).toBe("a\ufffdb");
  });
});

describe.each([
  ["holes", undefined],
  ["copying the tail aside", truncateAround],
] as const)("capping, by %s,", (_, dig) => {
  const limits = { cap: 64 * KiB, head: 8 * KiB, tail: 16 * KiB };

  test("keeps the head and the tail, gives the rest back to the disk, and counts what is missing", () => {
    const file = fresh();
    const cap = () => (dig ? capOutput(file, limits, dig) : capOutput(file, limits));
    for (let line = 0; line < 20_000; line++) {
      appendFileSync(file, `${String(line).padStart(15, "0")}\n`);
      if (line % 500 === 0) cap();
    }
    cap();
    const size = 20_000 * 16;
    expect(statSync(file).size).toBe(size);
    expect(onDisk(file)).toBeLessThanOrEqual(limits.cap + 8 * KiB);
    const gap = readGap(file);
    if (!gap) throw new Error("no gap");
    expect(gap.from).toBe(limits.head);
    const { text, missing, end } = readOutput(file);
    expect([missing, end]).toEqual([gap.to - gap.from, size]);
    const lines = text.split("\n");
    expect([lines[0], lines[511], lines.at(-2)]).toEqual(["0".repeat(15), "000000000000511", "000000000019999"]);
    expect(text).not.toContain("\0");
  });

  test("leaves alone what is within bounds", () => {
    const file = fresh("x".repeat(limits.cap));
    capOutput(file, limits, dig);
    expect([readGap(file), existsSync(`${file}.gap`)]).toEqual([undefined, false]);
  });
});

describe("following", () => {
  const pieces: string[] = [];
  async function followed(file: string, act: (seen: () => string) => Promise<void>, from = 0) {
    pieces.length = 0;
    const stop = new AbortController();
    const positions: number[] = [];
    const onPiece = (text: string, position: number) => {
      pieces.push(text);
      positions.push(position);
    };
    const reading = follow(file, { from, onPiece, signal: stop.signal });
    await act(() => pieces.join(""));
    stop.abort();
    return { end: await reading, text: pieces.join(""), last: positions.at(-1) };
  }

  test("hands over what is written, as it is written, and at the end what is left", async () => {
    const file = fresh("first\n");
    const { text, end, last } = await followed(file, async (seen) => {
      await until(() => seen() === "first\n");
      appendFileSync(file, "second\n");
      await until(() => seen() === "first\nsecond\n");
      appendFileSync(file, "third");
    });
    expect([text, end, last]).toEqual(["first\nsecond\nthird", 18, 18]);
  });

  test("waits for a file that is not there yet", async () => {
    const file = join(root, "later");
    const { text } = await followed(file, async (seen) => {
      writeFileSync(file, "now");
      await until(() => seen() === "now");
    });
    expect(text).toBe("now");
  });

  test("never cuts a character, and begins where it is told", async () => {
    const bytes = Buffer.from("x😀y");
    const file = fresh(bytes.subarray(0, 3));
    const { text } = await followed(file, async (seen) => {
      await until(() => seen() === "x");
      appendFileSync(file, bytes.subarray(3));
      await until(() => seen() === "x😀y");
    });
    expect([text, pieces]).toEqual(["x😀y", ["x", "😀y"]]);
    expect((await followed(file, async () => {}, 5)).text).toBe("y");
  });

  test("shows a broken character at the very end rather than nothing", async () => {
    expect((await followed(fresh(Buffer.from("a😀").subarray(0, 3)), async () => {})).text).toBe("a\ufffd");
  });

  test("jumps over what was given back, and says how much it was", async () => {
    const file = fresh("a".repeat(40 * KiB) + "b".repeat(40 * KiB));
    capOutput(file, { cap: 64 * KiB, head: 4 * KiB, tail: 8 * KiB });
    const { text, end } = await followed(file, async () => {});
    expect([text, end]).toEqual([`${"a".repeat(4 * KiB)}${missingMark(68 * KiB)}${"b".repeat(8 * KiB)}`, 80 * KiB]);
    expect((await followed(file, async () => {}, 20 * KiB)).text).toBe(
      `${missingMark(52 * KiB)}${"b".repeat(8 * KiB)}`,
    );
  });

  test("is slowed down by a slow listener rather than piling up", async () => {
    const file = fresh("x".repeat(75 * KiB));
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    const stop = new AbortController();
    const reading = follow(file, {
      signal: stop.signal,
      onPiece: () => {
        calls++;
        return gate.promise;
      },
    });
    stop.abort();
    await until(() => calls > 0);
    expect(calls).toBe(1);
    gate.resolve();
    expect(await reading).toBe(75 * KiB);
    expect(calls).toBe(3);
  });
});

test("a step that prints 1 GB in one endless line takes neither memory nor disk", async () => {
  const folder = join(root, "run", "big");
  const out = join(root, "big.out");
  const before = process.memoryUsage().rss;
  const GiB = 2 ** 30;
  const running = startProcess({
    folder,
    run: { argv: ["sh", "-c", `head -c ${GiB} /dev/zero | tr '\\0' x`] },
    directory: root,
    env: childEnvironment({ PATH: process.env.PATH }),
    out,
    err: join(root, "big.err"),
  });
  expect((await running.exited).exitCode).toBe(0);
  const { text, missing, end } = readOutput(out);
  expect([end, missing]).toEqual([GiB, GiB - 2 ** 20]);
  expect(text.length).toBe(2 ** 20 + missingMark(missing).length);
  expect(onDisk(out)).toBeLessThanOrEqual(65 * 2 ** 20);
  expect(process.memoryUsage().rss - before).toBeLessThanOrEqual(30 * 2 ** 20);
}, 60_000);
