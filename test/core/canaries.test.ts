import { expect, test } from "bun:test";
import { masker } from "../../src/core/redact.ts";
import { canaries, formsOf, givenAway } from "../support/canaries.ts";

const secrets = Object.values(canaries);
const masking = masker(secrets);

test("the search finds each secret in each of its forms, and in no other text", () => {
  for (const [name, secret] of Object.entries(canaries))
    for (const form of formsOf(secret))
      expect([form, givenAway(`<${form}>`)]).toEqual([form, expect.arrayContaining([name])]);
  expect(givenAway("canary, parameter, ENVIRONMENT, b3BlbnNzaC1r")).toEqual([]);
});

test("no form of any secret is let through, cut at any byte between two pieces", () => {
  for (const secret of secrets) {
    for (const form of formsOf(secret)) {
      const bytes = Buffer.from(`before ${form} after\n`);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const decoder = new TextDecoder();
        const stream = masking.stream();
        const shown =
          stream.write(decoder.decode(bytes.subarray(0, cut), { stream: true })) +
          stream.write(decoder.decode(bytes.subarray(cut))) +
          stream.end();
        if (givenAway(shown).length > 0) expect([cut, form, shown]).toEqual([cut, form, "masked"]);
        if (!shown.startsWith("before ") || !shown.endsWith(" after\n"))
          expect([cut, shown]).toEqual([cut, "no more than that"]);
      }
    }
  }
});

test("byte by byte it is the same", () => {
  for (const secret of secrets) {
    const decoder = new TextDecoder();
    const stream = masking.stream();
    const bytes = Buffer.from(`before ${formsOf(secret).join(" ")} after\n`);
    let shown = "";
    for (const byte of bytes) shown += stream.write(decoder.decode(Uint8Array.of(byte), { stream: true }));
    shown += stream.end();
    expect(givenAway(shown)).toEqual([]);
    expect(shown).toEndWith(" after\n");
  }
});
