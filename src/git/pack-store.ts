/** Packing the private store: every transition of a lock leaves an object in it, and nobody else ever tidies it up. */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { fetchRefs } from "./fetch-refs.ts";
import { gitText } from "./git.ts";
import type { PrivateStore } from "./private-store.ts";
import { updateRefs } from "./store-refs.ts";

/** Bytes on the disk. */
export type Packed = { before: number; after: number };

/**
 * `prefixes`: folders of the remote's refs that transitions stand on. They are fetched first: what stays reachable by them is
 * never removed, so that a lease can't stand on a commit that is gone. Throws `remote-unreachable`, `remote-refused`.
 */
export async function packStore(store: PrivateStore, prefixes: readonly string[]): Promise<Packed> {
  const { bytes: before } = await measureStore(store);
  await fetchRefs(store, prefixes);
  await forgetScratch(store);
  sweepIndexes(store);
  await gitText(store, ["gc", "--quiet", `--prune=${keptFor}`]);
  return { before, after: (await measureStore(store)).bytes };
}

/** Packs it where there is enough to be worth it. */
export async function tidyStore(store: PrivateStore, prefixes: readonly string[]): Promise<void> {
  if ((await measureStore(store)).loose > mostLoose) await packStore(store, prefixes);
}

/** Each takes 4 KB, and a look into a folder. */
const mostLoose = 2_000;

/** What another process has just made, and not pushed yet. */
const keptFor = "1.day.ago";
const keptMs = 24 * 3_600_000;

/** `loose`: objects that are not packed. */
async function measureStore(store: PrivateStore): Promise<{ bytes: number; loose: number }> {
  const counted = await gitText(store, ["count-objects", "-v"]);
  const number = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(counted)?.[1] ?? 0);
  return { bytes: (number("size") + number("size-pack")) * 1024, loose: number("count") };
}

/** What processes that died had fetched. */
async function forgetScratch(store: PrivateStore): Promise<void> {
  const found = await gitText(store, ["for-each-ref", "--format=%(refname) %(objectname)", "refs/garza/scratch/"]);
  const old = found.split("\n").filter((line) => line !== "" && !isAlive(Number(/\/(\d+)-/.exec(line)?.[1])));
  if (old.length > 0)
    await updateRefs(
      store,
      old.map((line) => `delete ${line}`),
    );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as { code?: string }).code === "EPERM";
  }
}

/** Left by processes that died while they made a commit. */
function sweepIndexes({ gitDir }: PrivateStore): void {
  for (const name of readdirSync(gitDir)) {
    const file = join(gitDir, name);
    const found = name.startsWith("index-") ? statSync(file, { throwIfNoEntry: false }) : undefined;
    if (found && systemClock.now() - found.mtimeMs > keptMs) rmSync(file, { force: true });
  }
}
