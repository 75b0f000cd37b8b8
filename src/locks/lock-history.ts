/** What became of a lock, from the chain of commits that its ref ends. */
import { fetchRefs } from "../git/fetch-refs.ts";
import { gitText, readable } from "../git/git.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { lockRef } from "./lock-refs.ts";
import { type LockText, readLockText } from "./lock-text.ts";

/** `verb`: `acquire`, `renew`, …; `text` is null where the commit holds no record. */
export type Transition = { oid: string; verb: string; text: LockText | null };

/** Newest first, at most `limit`. A chain is begun anew now and then: what was before is not there. */
export async function lockHistory(store: PrivateStore, resource: string, limit: number): Promise<Transition[]> {
  const ref = lockRef(store, resource);
  const found = (await fetchRefs(store, [ref])).find((each) => each.ref === ref);
  if (!found) return [];
  const args = ["log", `--max-count=${limit}`, "--format=%H%x00%B%x00", found.oid];
  const fields = readable(await gitText(store, args)).split("\0");
  const all: Transition[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oid = "", message = ""] = [fields[at]?.trim(), fields[at + 1]];
    const seen = readLockText(oid, message);
    all.push({ oid, verb: message.split(" ", 1)[0] ?? "", text: "text" in seen ? seen.text : null });
  }
  return all;
}
