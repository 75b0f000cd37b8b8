/** Going on under a lock from before: the process died, or a person has taken their time. */
import { problem } from "../core/problem.ts";
import type { Known } from "./leases.ts";
import type { HeldRow } from "./lock-rows.ts";
import type { Sharing } from "./sharing.ts";
import type { Taken } from "./take-lease.ts";

/**
 * `row`: the lock as it was had here. Throws `lock-moved` where anybody else had it since, or has it: once, as a person
 * who carries the operation on then has seen that.
 */
export async function requireUnmoved(
  { db }: Sharing,
  { resource, token, operation }: HeldRow,
  taken: Taken,
): Promise<void> {
  const before = taken.kind === "taken" ? taken.before : taken.known;
  // A lock that was just renewed is as it was.
  const isOurs = taken.kind === "taken" && taken.gen === token;
  if (isOurs || (taken.kind === "taken" && before?.text.gen === token && before.text.why === undefined)) return;
  const seen = taken.kind === "taken" ? taken.gen : taken.known.text.gen;
  await db.write((writer) => writer.query("update lock set token = ? where resource = ?").run(seen, resource));
  throw problem({ kind: "lock-moved", resource, operation, why: whoHadIt(taken, before) });
}

function whoHadIt(taken: Taken, before: Known | null): string {
  if (!before) return "somebody deleted its ref at the remote";
  const { by, host, ren, acq, why } = before.text;
  if (before.file !== undefined) return `${by} has had it since ${acq}, by another tool: ${before.file}`;
  if (taken.kind === "away") return `${by} on ${host} has had it since ${acq}`;
  return why === undefined ? `${by} on ${host} had it until ${ren}` : `${by} on ${host} released it by force at ${ren}`;
}
