/**
 * Moving refs of the remote: each only from where we saw it, by one push. Never `-f`, never `+`, which would
 * override that; and never to the commit that is there already, which the remote would not be asked about.
 */

import { systemClock } from "../core/clock.ts";
import { askRemote, tooLate } from "./ask-remote.ts";
import { readable } from "./git.ts";
import type { PrivateStore } from "./private-store.ts";
import { notePush } from "./push-budget.ts";
import { sharedRemote } from "./remote.ts";
import { type RemoteTrouble, troubleOf } from "./remote-trouble.ts";

/** `from`: the commit that is there, null for none. `to`: a commit in the store, never the same. */
export type RefMove = { ref: string; from: string | null; to: string };

/** Takes the ref away: only where `from` is what is there, as the remote says nothing of one that is not. */
type RefDeletion = { ref: string; from: string; to: null };

/** What became of one ref. `refused`: by a rule of the remote, which it tells. */
export type RefResult =
  | { kind: "moved" }
  /** It is not where we saw it, or moved while we pushed: look again. */
  | { kind: "stale" }
  /** Another ref of the same atomic push was the reason. */
  | { kind: "beside" }
  | { kind: "refused"; why: string };

export type PushResult =
  | { kind: "answered"; refs: ReadonlyMap<string, RefResult> }
  /** Nothing, or all of it, has happened: only a look at the remote tells. */
  | { kind: "unknown"; trouble: RemoteTrouble }
  /** Certainly nothing has happened. */
  | { kind: "failed"; trouble: RemoteTrouble };

/** `atomic`: all or none. Throws only what git itself suffers (`program-missing`, …). */
export async function pushRefs(
  store: PrivateStore,
  moves: readonly (RefMove | RefDeletion)[],
  { atomic }: { atomic: boolean },
): Promise<PushResult> {
  const args = [
    "push",
    "--porcelain",
    ...(atomic ? ["--atomic"] : []),
    "--no-verify",
    "--no-follow-tags",
    "--recurse-submodules=no",
    "--no-signed",
    ...moves.map(({ ref, from }) => `--force-with-lease=${ref}:${from ?? ""}`),
    sharedRemote,
    ...moves.map(refspec),
  ];
  notePush(store, systemClock.monotonic());
  const pushed = await askRemote(store, args);
  if (pushed === "late") return { kind: "unknown", trouble: tooLate(store) };
  const refs = readPorcelain(pushed.stdout);
  const said = readable(pushed.stderr);
  const trouble = troubleOf(said, pushed.exitCode);
  // No rule has refused it, and no ref was looked at.
  if (isFull(said)) return { kind: "failed", trouble };
  if (moves.every(({ ref }) => refs.has(ref))) return { kind: "answered", refs };
  return { kind: hasSent(trouble) ? "unknown" : "failed", trouble };
}

/** An empty name on the left deletes the ref: never by accident. */
function refspec({ ref, from, to }: RefMove | RefDeletion): string {
  if (to === null && isCommit(from)) return `:${ref}`;
  if (to === null || !isCommit(to) || (from !== null && !isCommit(from)) || from === to) {
    throw new Error(`a ref can't be moved from ${from} to ${to}`);
  }
  return `${to}:${ref}`;
}

/** Its disk could not take what was sent. */
const isFull = (said: string) =>
  /^error: remote unpack failed/m.test(said) && /No space left|quota|unable to (?:create|write)/i.test(said);

const isCommit = (oid: string) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid);

/** Refused before anything was sent: the rest may have arrived. */
const hasSent = ({ kind, why }: RemoteTrouble) =>
  (kind === "unreachable" || kind === "failed") && !neverReached.test(why);

const neverReached =
  /Could not resolve|Failed to connect|Connection refused|Network is unreachable|No route to host|transport '.*' not allowed/i;

function readPorcelain(stdout: string): Map<string, RefResult> {
  const lines = stdout.split("\n").flatMap((line) => {
    const [, flag = "", ref = "", summary = ""] = /^([ +\-*=!])\t[^\t:]*:([^\t]+)\t(.*)$/.exec(line) ?? [];
    return ref === "" ? [] : [[ref, resultOf(flag, readable(summary))] as const];
  });
  return new Map(lines);
}

function resultOf(flag: string, summary: string): RefResult {
  if (flag !== "!") return flag === "=" ? { kind: "stale" } : { kind: "moved" };
  if (/atomic push fail/.test(summary)) return { kind: "beside" };
  if (raced.test(summary)) return { kind: "stale" };
  return { kind: "refused", why: /\((.*)\)$/.exec(summary)?.[1] ?? summary };
}

/** The lease, or the remote's own comparison in the moment of writing. A bare `failed` is what a busy GitHub says. */
const raced =
  /stale info|fetch first|non-fast-forward|needs force|\(failed\)$|failed to update ref|atomic transaction failed|cannot lock ref|reference already exists|incorrect old value/;
