import { expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openLogFile } from "../../src/core/log-file.ts";
import { sandbox } from "../support/temporary.ts";

const folder = sandbox();

test("the log goes on in a new file when it is long enough, and the oldest goes", () => {
  const file = join(folder, "deep", "agent.log");
  const log = openLogFile(file, { bytes: 20, files: 3 });
  for (const line of ["one one one", "two two two", "three three", "four four"]) log.write(line);
  const text = (name: string) => readFileSync(`${file}${name}`, "utf8");
  expect([text(""), text(".1"), text(".2")]).toEqual(["four four\n", "three three\n", "two two two\n"]);
  expect(existsSync(`${file}.3`)).toBe(false);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  // Another process goes on where this one was.
  openLogFile(file, { bytes: 20, files: 3 }).write("five five five");
  expect([text(""), text(".1")]).toEqual(["five five five\n", "four four\n"]);
});
