import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLibrary } from "../../src/template/library.ts";

test("a link to itself and a file that is no text hide no other template", () => {
  const root = mkdtempSync(join(tmpdir(), "garza-list-"));
  mkdirSync(join(root, "operations"));
  symlinkSync("loop.yml", join(root, "operations/loop.yml"));
  writeFileSync(join(root, "operations/bytes.yml"), Buffer.from([0xff, 0xfe]));
  writeFileSync(join(root, "operations/good.yml"), "operation: {}\n");
  const library = openLibrary({ root, builtIn: {} });
  expect(library.names()).toEqual(["bytes", "good"]);
  expect(library.find("good").text).toBe("operation: {}\n");
  expect(() => library.find("bytes")).toThrow("template bytes: operations/bytes.yml: it is not UTF-8");
});
