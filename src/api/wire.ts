/** What the routes and the client agree on, besides the schemas of the bodies. */
import { problem } from "../core/problem.ts";
import type { Fault } from "../core/problems.ts";
import type { LockHolder } from "../locks/locks.ts";
import type { Accepted } from "./control.ts";

export type AcceptedJson = { id: string; is_new: boolean; warnings: Fault[] };

export const acceptedToJson = ({ id, isNew, warnings }: Accepted): AcceptedJson => ({ id, is_new: isNew, warnings });
export const acceptedFromJson = ({ id, is_new, warnings }: AcceptedJson): Accepted => ({ id, isNew: is_new, warnings });

export type HolderJson = Omit<LockHolder, "ttlSeconds"> & { ttl_seconds?: number };

export const holderToJson = ({ ttlSeconds, ...holder }: LockHolder): HolderJson => ({
  ...holder,
  ...(ttlSeconds !== undefined && { ttl_seconds: ttlSeconds }),
});
export const holderFromJson = ({ ttl_seconds, ...holder }: HolderJson): LockHolder => ({
  ...holder,
  ...(ttl_seconds !== undefined && { ttlSeconds: ttl_seconds }),
});

/** An operation's id, or the end of one. Throws `operation-unknown` for what can be none: it would be another path. */
export function operationId(text: string): string {
  if (/^\w{1,40}$/.test(text)) return text;
  throw problem({ kind: "operation-unknown", id: text.length > 40 ? `${text.slice(0, 40)}…` : text });
}
