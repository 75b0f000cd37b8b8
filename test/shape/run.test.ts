import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { closingLine, countReport, failuresOf, faultOf } from "../run.ts";
import { sandbox } from "../support/sandbox.ts";
import { repository } from "../support/sources.ts";

const counts = { passed: 3, failed: 0, skipped: 0 };
const closing = "Ran 3 tests across 2 files. [12.00ms]";

test("the sums come from the root of the report", () => {
  const xml =
    '<?xml version="1.0"?><testsuites name="bun test" tests="5" failures="1" skipped="1" time="1"><testsuite tests="9">';
  expect(countReport(xml)).toEqual({ passed: 3, failed: 1, skipped: 1 });
  expect(closingLine({ passed: 3, failed: 1, skipped: 1 })).toBe("3 passed, 1 failed, 1 skipped");
  expect(closingLine(counts)).toBe("3 passed, 0 failed");
});

test("a run that did not close, or whose sums differ, or where nothing passed, is no success", () => {
  expect(faultOf({ said: closing, exitCode: 0, counts })).toBeUndefined();
  expect(faultOf({ said: "", exitCode: 0, counts })).toContain("closing line");
  expect(faultOf({ said: "Ran 4 tests across 1 file.", exitCode: 0, counts })).toContain("4 tests ran");
  expect(faultOf({ said: "Ran 0 tests across 1 file.", exitCode: 0, counts: { ...counts, passed: 0 } })).toBe(
    "no test passed",
  );
  expect(faultOf({ said: closing, exitCode: 1, counts })).toBe("bun test ended with 1");
});

test("a test that exits with success fails the run", async () => {
  const files = {
    "exits.test.ts": 'import { test } from "bun:test"; test("leaves", () => process.exit(0));',
    "passes.test.ts": 'import { test } from "bun:test"; test("passes", () => {});',
  };
  await using box = await sandbox({ git: false, files, env: { GARZA_BIN: process.execPath } });
  const ended = await box.run(process.execPath, join(repository, "test/run.ts"), "./exits.test.ts", "./passes.test.ts");
  expect(ended.exitCode).toBe(1);
  expect(ended.stdout).toMatch(/\n?\d+ passed, [1-9]\d* failed\n$/);

  const honest = await box.run(process.execPath, join(repository, "test/run.ts"), "./passes.test.ts");
  expect(honest.exitCode).toBe(0);
  expect(honest.stdout).toMatch(/(^|\n)1 passed, 0 failed\n$/);
});

test("each failed test is told with place, name and reason just before the closing line", async () => {
  const files = {
    "fails.test.ts": `import { describe, expect, test } from "bun:test";
test("passes", () => {});
describe("a < b", () => {
  test('says "&lt;"', () => expect("&amp; 'x'").toBe("<y>"));
});
test("is late", () => Bun.sleep(5000), 10);
`,
  };
  await using box = await sandbox({ git: false, files, env: { GARZA_BIN: process.execPath } });
  const ended = await box.run(process.execPath, join(repository, "test/run.ts"), "./fails.test.ts");
  expect(ended.stdout).toContain('FAIL fails.test.ts:4 a < b > says "&lt;"\n');
  expect(ended.stdout).toContain('Expected: "<y>"\nReceived: "&amp; \'x\'"');
  expect(ended.stdout).toMatch(/FAIL fails\.test\.ts:6 is late\ntest timed out\n\n1 passed, 2 failed\n$/);
});

test("a failure without a reason is told as well", () => {
  const xml =
    '<testcase name="x" classname="" file="a.test.ts" line="2">\n<failure type="Error" /></testcase><testcase name="y" />';
  expect(failuresOf(xml)).toEqual(["a.test.ts:2 x\n?"]);
});

test("what the tests need is installed only where it is missing", async () => {
  await using box = await sandbox({ git: false, programs: { "apt-get": "exit 9" } });
  const setup = join(repository, "test/setup.sh");
  await chmod(setup, 0o755);
  expect((await box.run("sh", setup)).exitCode).toBe(0);
  expect(await box.calls("apt-get")).toEqual([]);
});
