import { beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mergeFiles } from "../../src/state/merge-files.ts";
import { largestText } from "../../src/state/read-text.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "garza-merge-test-"));
});

function merge(base: string | Buffer, ours: string | Buffer, theirs: string | Buffer): Promise<string[]> {
  const files = { base: join(folder, "O"), ours: join(folder, "A"), theirs: join(folder, "B") };
  writeFileSync(files.base, base);
  writeFileSync(files.ours, ours, { mode: 0o640 });
  writeFileSync(files.theirs, theirs);
  return mergeFiles(files, "infra/state/s.json", { directory: folder, env: process.env });
}
const result = () => readFileSync(join(folder, "A"), "utf8");

test("the result takes the place of ours, with its permissions; the others stay", async () => {
  expect(await merge('{"a": 1}\n', '{"a": 1, "o": 1}\n', '{"a": 2}\n')).toEqual([]);
  expect(result()).toBe('{"a": 2, "o": 1}\n');
  expect(statSync(join(folder, "A")).mode & 0o777).toBe(0o640);
  expect(readFileSync(join(folder, "B"), "utf8")).toBe('{"a": 2}\n');
});

test("added on both sides, unlike: what is alike is not marked", async () => {
  expect(await merge("", '{\n  "a": 1,\n  "b": 1\n}\n', '{\n  "b": 2,\n  "a": 1\n}\n')).toEqual([
    "infra/state/s.json .b: ours 1, theirs 2, before nothing",
  ]);
  expect(result()).toBe('{\n  "a": 1,\n<<<<<<< ours\n  "b": 1\n=======\n  "b": 2\n>>>>>>> theirs\n}\n');
});

test("a long value is told in short", async () => {
  const long = (letter: string) => JSON.stringify({ a: letter.repeat(5000) });
  const [line = ""] = await merge('{"a": 0}', long("x"), long("y"));
  expect(line.length).toBeLessThan(250);
});

test("marks that a merge has left are named, and none is added to a clean text", async () => {
  const left = '{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> x\n}\n';
  expect(await merge(left, left, '{\n"a": 2\n}\n')).toEqual([]);
  expect(result()).toBe('{\n"a": 2\n}\n');
  expect(await merge("{}\n", left, '{"b": 1}\n')).toEqual([
    "infra/state/s.json (ours), line 2, column 1: here begins a conflict that a merge has left; it was merged as text",
  ]);
});

test("what is too large, or no text, is left to a person with all of ours there", async () => {
  const large = (letter: string) => `{"a": "${letter.repeat(largestText)}"}\n`;
  expect(await merge("{}\n", large("x"), large("y"))).toEqual([
    "path infra/state/s.json (ours) is refused: it is larger than 16 MiB; it was merged as text",
  ]);
  expect(result()).toBe(`<<<<<<< ours\n${large("x")}=======\n${large("y")}>>>>>>> theirs\n`);
  const [line] = await merge('{"a": 1}\n', Buffer.from([0xff, 0, 0x0a]), '{"a": 2}\n');
  expect(line).toBe("infra/state/s.json (ours), it is not UTF-8; it was merged as text");
  expect([...readFileSync(join(folder, "A"))]).toEqual([0xff, 0, 0x0a]);
});

test("a version that is not there counts as no file", async () => {
  expect(existsSync(join(folder, "none"))).toBe(false);
  writeFileSync(join(folder, "A"), '{"a": 1}');
  writeFileSync(join(folder, "B"), '{"b": 1}');
  const files = { base: join(folder, "none"), ours: join(folder, "A"), theirs: join(folder, "B") };
  expect(await mergeFiles(files, "s.json", { directory: folder, env: process.env })).toEqual([]);
  expect(result()).toBe('{"a": 1, "b": 1}');
});
