import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { refusal, render } from "./placeholders.ts";
import { type Bench, openBench, shells } from "./shells.ts";
import vectors from "./vectors.json";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const given = ({ value }: { value: string }) => (value === "A*200000" ? "A".repeat(200_000) : value);

for (const vector of vectors) {
  const { template, expect: expected } = vector;
  const title = `${vector.id}: ${JSON.stringify(template)}`;
  if (typeof expected === "string") {
    test(`${title} is refused with ${expected}`, () => {
      expect(refusal(template, given(vector))).toBe(expected);
    });
    continue;
  }
  describe(`${title} gets its value through`, () => {
    const { text, shown } = render(template, { x: given(vector) });
    for (const [name, shell] of Object.entries(shells)) {
      test(`in ${name}`, async () => {
        const { calls, files } = await bench.run(shell, text);
        expect({ calls, made: files.includes("PWNED") }).toEqual({ calls: expected, made: false });
      });
    }
    test("when a person pastes what is shown", async () => {
      const { calls, files } = await bench.run(["bash"], shown);
      expect({ calls, made: files.includes("PWNED") }).toEqual({ calls: expected, made: false });
    });
  });
}
