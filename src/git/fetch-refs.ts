/** Looking at refs of the remote, in one connection and leaving no trace in any repository of the user's. */
import { randomHex } from "../core/ids.ts";
import { problem } from "../core/problem.ts";
import { askRemote, tooLate } from "./ask-remote.ts";
import { gitText, readable } from "./git.ts";
import type { PrivateStore } from "./private-store.ts";
import { sharedRemote } from "./remote.ts";
import { type RemoteTrouble, remoteProblem, troubleOf } from "./remote-trouble.ts";
import { isLocked, outlastLocks, updateRefs } from "./store-refs.ts";

/** A ref of the remote, and the text of the commit that it points to (its message). */
export type FoundRef = { ref: string; oid: string; message: string };

/**
 * The refs there that begin with one of `prefixes` (`refs/…`); their commits are in the store then. Throws
 * `remote-unreachable`, `remote-refused`.
 */
export async function fetchRefs(store: PrivateStore, prefixes: readonly string[]): Promise<FoundRef[]> {
  const scratch = `refs/garza/scratch/${process.pid}-${randomHex(6)}`;
  const folders = prefixes.filter((prefix) => prefix.endsWith("/"));
  // A whole folder goes where it was seen the last time: most of its refs have not moved, and are not written again.
  const straight = new Map(folders.map((folder) => [folder, seen]));
  const hindrance = await fetchInto(store, prefixes, scratch, straight);
  if (hindrance !== null) {
    if (local.test(hindrance.said))
      throw problem({ kind: "input-output", what: store.gitDir, why: hindrance.trouble.why });
    if (!busy.test(hindrance.said)) throw problem(remoteProblem(store.remote, hindrance.trouble));
    if (isLocked(hindrance.said)) await outlastLocks(store);
    straight.clear();
    const again = await fetchInto(store, prefixes, scratch, straight);
    if (again !== null) throw problem(remoteProblem(store.remote, again.trouble));
  }
  const found = await readRefs(store, scratch);
  await keep(store, scratch, found);
  for (const folder of straight.keys()) found.push(...(await readRefs(store, seen, folder)));
  return found;
}

const seen = "refs/garza/seen";
const short = (ref: string) => ref.slice("refs/".length);

/** The store's own disk is full, or can't be written to: the remote has nothing to do with it. */
const local = /couldn't write|unable to (write|create)|No space left|Read-only file system|write error/;

/** Another process was just writing the same refs of the store. */
const busy = /\.lock': File exists|cannot lock ref|unable to update local ref|could not delete references/;

/** `straight`: what goes elsewhere than to `scratch`. Null: done. */
async function fetchInto(
  store: PrivateStore,
  prefixes: readonly string[],
  scratch: string,
  straight: ReadonlyMap<string, string>,
): Promise<{ said: string; trouble: RemoteTrouble } | null> {
  // A pattern, as a name that is not there would be an error; and ls-remote would be sent every ref there is.
  const patterns = prefixes.map((prefix) => `+${prefix}*:${straight.get(prefix) ?? scratch}/${short(prefix)}*`);
  const flags = "-q --prune --no-tags --no-write-fetch-head --no-auto-maintenance --no-recurse-submodules".split(" ");
  const fetched = await askRemote(store, ["fetch", ...flags, sharedRemote, ...patterns]);
  if (fetched === "late") return { said: "", trouble: tooLate(store) };
  if (fetched.exitCode === 0) return null;
  const said = readable(fetched.stderr);
  return { said, trouble: troubleOf(said, fetched.exitCode) };
}

/** What was seen stays in the store: without it, the remote would send a whole chain again for each new commit. */
async function keep(store: PrivateStore, scratch: string, found: readonly FoundRef[]): Promise<void> {
  if (found.length === 0) return;
  const updates = found.map(({ ref, oid }) => `update ${seen}/${short(ref)} ${oid}`);
  const deletions = found.map(({ ref }) => `delete ${scratch}/${short(ref)}`);
  // Another process is just noting the same one.
  await updateRefs(store, [...updates, ...deletions]).catch(() => updateRefs(store, deletions));
}

/** What for-each-ref puts between the parts: a message has no NUL. */
async function readRefs(store: PrivateStore, place: string, folder = "refs/"): Promise<FoundRef[]> {
  const format = "--format=%(refname)%00%(objectname)%00%(contents)%00";
  const fields = (await gitText(store, ["for-each-ref", format, `${place}/${short(folder)}`])).split("\0");
  const found: FoundRef[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [name = "", oid = "", message = ""] = fields.slice(at, at + 3);
    found.push({ ref: `refs/${name.trim().slice(place.length + 1)}`, oid, message: readable(message) });
  }
  return found;
}
