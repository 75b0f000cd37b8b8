import { expect, test } from "bun:test";
import { resolve } from "node:path";

const main = resolve(import.meta.dir, "../../src/main.ts");
const root = resolve(import.meta.dir, "../..");
const sh = (script: string) =>
  Bun.spawnSync(["sh", "-c", script, "sh", process.execPath, main, root], {
    env: { PATH: process.env.PATH ?? "", HOME: "/" },
  });

test("a slow reader gets all of it", () => {
  const whole = sh('"$1" "$2" --root "$3" template schema').stdout;
  expect(whole.length).toBeGreaterThan(100_000);
  expect(sh('"$1" "$2" --root "$3" template schema | { sleep 0.5; cat; }').stdout).toEqual(whole);
});

test("a reader that leaves early is no failure", () => {
  const { stdout, stderr } = sh('{ "$1" "$2" --root "$3" template schema; echo "exit $?" >&2; } | head -c 1');
  expect(stdout.toString()).toBe("{");
  expect(stderr.toString()).toBe("exit 0\n");
});

test.skipIf(process.platform !== "linux")("a full disk behind the output is told, and is no success", () => {
  const { exitCode, stderr } = sh('"$1" "$2" --root "$3" template schema > /dev/full');
  expect(exitCode).toBe(73);
  expect(stderr.toString()).toBe("garza: no space left at standard output. Free some, then run again\n");
});
