import { expect, test } from "bun:test";
import { join } from "node:path";
import { lockFile, tryLockFile } from "../../src/core/flock.ts";
import { sandbox } from "../support/temporary.ts";

const root = sandbox();

test("a lock is held by one, and goes round in the order of asking", async () => {
  const file = join(root, "deep/er/lock");
  const order: number[] = [];
  const first = await lockFile(file);
  expect(tryLockFile(file)).toBeUndefined();
  const later = [1, 2, 3].map(async (number) => {
    const lock = await lockFile(file);
    order.push(number);
    lock.release();
    lock.release();
  });
  first.release();
  await Promise.all(later);
  expect(order).toEqual([1, 2, 3]);
  tryLockFile(file)?.release();
});

test("waiting for it can be given up, and those behind still get it", async () => {
  const file = join(root, "lock");
  const first = await lockFile(file);
  const stop = new AbortController();
  const given = lockFile(file, stop.signal);
  const behind = lockFile(file);
  stop.abort(new Error("cancelled"));
  await expect(given).rejects.toThrow("cancelled");
  first.release();
  (await behind).release();
});

test("another process is waited for, and its death frees it", async () => {
  const file = join(root, "other");
  const source = JSON.stringify(join(import.meta.dir, "../../src/core/flock.ts"));
  const code = `const { lockFile } = await import(${source}); await lockFile(${JSON.stringify(file)}); console.log("held"); setInterval(() => {}, 1000);`;
  const holder = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe" });
  await holder.stdout.getReader().read();
  expect(tryLockFile(file)).toBeUndefined();
  const stop = new AbortController();
  const given = lockFile(file, stop.signal);
  stop.abort(new Error("cancelled"));
  await expect(given).rejects.toThrow("cancelled");
  const waiting = lockFile(file);
  holder.kill("SIGKILL");
  (await waiting).release();
});
