/**
 * Refs of the private store. A git that was killed while it wrote some leaves its lock file behind, and nobody else would
 * ever remove it: one that has stood for longer than any git needs is taken away.
 */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { git, gitText } from "./git.ts";
import type { PrivateStore } from "./private-store.ts";

/** Lines for `update-ref --stdin`. Throws `input-output`. */
export async function updateRefs(store: PrivateStore, lines: readonly string[]): Promise<void> {
  const input = lines.map((line) => `${line}\n`).join("");
  const args = ["update-ref", "--stdin"];
  const tried = await git(store, args, { input });
  if (tried.exitCode === 0) return;
  if (isLocked(tried.stderr)) await outlastLocks(store);
  await gitText(store, args, { input });
}

export const isLocked = (said: string): boolean => /\.lock': File exists/.test(said);

/** Git holds one for milliseconds. */
const leftMs = 5_000;

/** Returns when those that are there now are gone, by whoever made them or as what was left. */
export async function outlastLocks({ gitDir }: PrivateStore): Promise<void> {
  // Braces around a path match nothing here.
  const files = ["packed-refs.lock", "refs/**/*.lock"].flatMap((each) => [...new Bun.Glob(each).scanSync(gitDir)]);
  let left = files.map((name) => ({ file: join(gitDir, name), made: madeAt(join(gitDir, name)) }));
  const began = systemClock.monotonic();
  for (;;) {
    left = left.filter(({ file, made }) => made !== undefined && madeAt(file) === made);
    if (left.length === 0) return;
    if (systemClock.monotonic() - began > leftMs) break;
    await systemClock.sleep(100);
  }
  for (const { file } of left) rmSync(file, { force: true });
}

const madeAt = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;
