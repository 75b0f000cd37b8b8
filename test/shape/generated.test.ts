import { expect, test } from "bun:test";
import { generated } from "../generate.ts";
import { textOf } from "../support/sources.ts";

test("what is generated and checked in is what the sources give (else: bun run generate)", async () => {
  const files = await generated();
  const checkedIn = await Promise.all(Object.keys(files).map(async (path) => [path, await textOf(path)] as const));
  expect(Object.fromEntries(checkedIn)).toEqual(files);
});
