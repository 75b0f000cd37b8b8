import { expect, test } from "bun:test";
import fc from "fast-check";
import { positionPattern, readPosition, writePosition } from "../../src/api/position.ts";

test("a position is read as it was written, and its text says that it is one", () => {
  const count = fc.nat(1e9);
  const operation = fc.constantFrom("op_A", "op_B", "op_C");
  const output = fc.record({ operation, row: count, out: count, err: count });
  const nested = fc.uniqueArray(fc.tuple(fc.constantFrom("op_B", "op_C"), count), { selector: ([name]) => name });
  fc.assert(
    fc.property(count, nested, fc.array(output, { maxLength: 5 }), (sequence, within, outputs) => {
      const position = { sequence, nested: new Map(within), outputs };
      const text = writePosition(position, "op_A");
      expect(text).toMatch(positionPattern);
      expect(readPosition(text, "op_A")).toEqual(position);
    }),
  );
});

test("what is none is refused", () => {
  for (const text of ["", "x", "1:", "1:2", "1:2.3", "1:@5", "1:op_A@", "1:2.3.4,", "-1", "1:op/A@5", "1:2.3.4;5.6.7"])
    expect(text).not.toMatch(positionPattern);
});
