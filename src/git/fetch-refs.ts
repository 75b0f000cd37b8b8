/** Looking at refs of the remote, in one connection and leaving no trace in any repository of the user's. */
import { randomHex } from "../core/ids.ts";
import { problem } from "../core/problem.ts";
import { askRemote, tooLate } from "./ask-remote.ts";
import { git, gitText, readable } from "./git.ts";
import type { PrivateStore } from "./private-store.ts";
import { sharedRemote } from "./remote.ts";
import { remoteProblem, troubleOf } from "./remote-trouble.ts";

/** A ref of the remote, and the text of the commit that it points to (its message). */
export type FoundRef = { ref: string; oid: string; message: string };

/**
 * The refs there that begin with one of `prefixes` (`refs/…`); their commits are in the store then. Throws
 * `remote-unreachable`, `remote-refused`.
 */
export async function fetchRefs(store: PrivateStore, prefixes: readonly string[]): Promise<FoundRef[]> {
  const scratch = `refs/garza/scratch/${process.pid}-${randomHex(6)}`;
  // A pattern, as a name that is not there would be an error; and ls-remote would be sent every ref there is.
  const patterns = prefixes.map((prefix) => `+${prefix}*:${scratch}/${prefix.slice("refs/".length)}*`);
  const flags = "-q --no-tags --no-write-fetch-head --no-auto-maintenance --no-recurse-submodules".split(" ");
  const fetched = await askRemote(store, ["fetch", ...flags, sharedRemote, ...patterns]);
  if (fetched === "late") throw problem(remoteProblem(store.remote, tooLate(store)));
  if (fetched.exitCode !== 0) {
    throw problem(remoteProblem(store.remote, troubleOf(readable(fetched.stderr), fetched.exitCode)));
  }
  const found = await readRefs(store, scratch);
  await keep(store, scratch, found);
  return found;
}

/** What was seen stays in the store: without it, the remote would send a whole chain again for each new commit. */
async function keep(store: PrivateStore, scratch: string, found: readonly FoundRef[]): Promise<void> {
  if (found.length === 0) return;
  const short = ({ ref }: FoundRef) => ref.slice("refs/".length);
  const updates = found.map((each) => `update refs/garza/seen/${short(each)} ${each.oid}\n`);
  const deletions = found.map((each) => `delete ${scratch}/${short(each)}\n`);
  const moved = await git(store, ["update-ref", "--stdin"], { input: [...updates, ...deletions].join("") });
  // Another process is just noting the same one.
  if (moved.exitCode !== 0) await gitText(store, ["update-ref", "--stdin"], { input: deletions.join("") });
}

/** What for-each-ref puts between the parts: a message has no NUL. */
async function readRefs(store: PrivateStore, scratch: string): Promise<FoundRef[]> {
  const format = "--format=%(refname)%00%(objectname)%00%(contents)%00";
  const fields = (await gitText(store, ["for-each-ref", format, `${scratch}/`])).split("\0");
  const found: FoundRef[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [name = "", oid = "", message = ""] = fields.slice(at, at + 3);
    found.push({ ref: `refs/${name.trim().slice(scratch.length + 1)}`, oid, message: readable(message) });
  }
  return found;
}
