/** What can happen to a lock at its remote while a machine works with it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { plain } from "../../src/locks/keeper.ts";
import type { Outcome } from "../../src/locks/transact.ts";
import { type Fleet, forge, type Machine } from "./machines.ts";

/** Others' locks look abandoned to who has it. */
export const clockAhead = (ms: number): Clock => ({ ...systemClock, now: () => systemClock.now() + ms });

/** The leases of these resources are renewed, or given back, in one push as it is done in time. */
export const moveNow = async (machine: Machine, ...resources: string[]): Promise<Map<string, Outcome>> =>
  plain(resources, machine.locks.move, await machine.sharing());

/** A lock of another machine, which is at no lock's ref yet; returns its commit. */
export function stolen(at: Fleet, resource = "db"): string {
  const now = new Date().toISOString();
  const who = { owner: "op_9", by: "mallory", host: "elsewhere", machine: "id-thief", pid: 1, op: "x" };
  const record = { v: 1, res: resource, st: "held", gen: 9, seq: 0, n: 1, ...who, acq: now, ren: now, ttl: 600 };
  return forge(
    at,
    `take-over ${resource}\n\n${JSON.stringify({ ...record, nonce: "0".repeat(24) })}`,
    "refs/test/thief",
  );
}

/** The ref is moved there in the middle of the next push: what it was has been told, and it is not written yet. */
export function raceTo(at: Fleet, oid: string, ref = "refs/garza/locks/db"): void {
  writeFileSync(join(at.remote, "races"), "");
  const free = "env -u GIT_QUARANTINE_PATH -u GIT_OBJECT_DIRECTORY -u GIT_ALTERNATE_OBJECT_DIRECTORIES";
  at.hook("pre-receive", `if rm races 2>/dev/null; then ${free} git update-ref ${ref} ${oid}; fi`);
}
