/** Whether a remote takes what shared locks need: tried with refs of our own, which are gone again afterwards. */
import { systemClock } from "../core/clock.ts";
import { randomHex } from "../core/ids.ts";
import { GarzaError } from "../core/problem.ts";
import { fetchRefs } from "./fetch-refs.ts";
import { gitText } from "./git.ts";
import { emptyTree, type PrivateStore, type RefPrefix, refPrefixes } from "./private-store.ts";
import { type PushResult, pushRefs, type RefMove } from "./push-refs.ts";
import type { RemoteTrouble } from "./remote-trouble.ts";

export type RemoteProbe = {
  outcome: /** `atomic`: several refs can be moved together or not at all. */
    | { kind: "works"; atomic: boolean }
    /** Refs under the store's prefix can't be made or moved there. `branches`: as branches they can. */
    | { kind: "refused"; why: string; branches: boolean }
    | { kind: "trouble"; trouble: RemoteTrouble };
  /** Refs that could not be deleted again. */
  left: string[];
};

/** Where all is well three connections. Throws what git itself suffers (`program-missing`, …). */
export async function probeRemote(store: PrivateStore): Promise<RemoteProbe> {
  const own = await probe(store, store.prefix);
  if (own.outcome.kind !== "refused" || store.prefix === refPrefixes.branches) return own;
  const other = await probe(store, refPrefixes.branches);
  const branches = other.outcome.kind === "works";
  return { outcome: { ...own.outcome, branches }, left: [...own.left, ...other.left] };
}

async function probe(store: PrivateStore, prefix: RefPrefix): Promise<RemoteProbe> {
  const folder = `${prefix}probe/${randomHex(8)}`;
  const [one, two] = [`${folder}/one`, `${folder}/two`];
  const commits = [await probeCommit(store), await probeCommit(store), await probeCommit(store)] as const;
  const made = { ref: one, from: null, to: commits[0] };
  const making = failure(await pushRefs(store, [made], { atomic: false }));
  if (making) {
    // Where the answer was lost, it may be there.
    return { outcome: making.outcome, left: making.unsure ? await sweep(store, folder) : [] };
  }
  const together: RefMove[] = [
    { ref: one, from: made.to, to: commits[1] },
    { ref: two, from: null, to: commits[2] },
  ];
  const moving = failure(await pushRefs(store, together, { atomic: true }));
  const hasNoAtomic = moving?.outcome.kind === "trouble" && moving.outcome.trouble.kind === "no-atomic";
  const moved = moving ? [made] : together;
  const left = moving?.unsure ? await sweep(store, folder) : await remove(store, moved);
  return { outcome: moving && !hasNoAtomic ? moving.outcome : { kind: "works", atomic: !moving }, left };
}

/** Two with the same content would be one commit, and moving to it no move. */
function probeCommit(store: PrivateStore): Promise<string> {
  const person = "garza <garza@host> 0 +0000";
  const text = `probe ${randomHex(12)} ${new Date(systemClock.now()).toISOString()}`;
  const input = `tree ${emptyTree(store)}\nauthor ${person}\ncommitter ${person}\n\n${text}\n`;
  return gitText(store, ["hash-object", "-w", "-t", "commit", "--stdin"], { input });
}

/** When a probe made it; milliseconds since 1970, 0 where it does not say. */
export const probeTime = (message: string): number => Date.parse(message.trim().split(" ")[2] ?? "") || 0;

type Failure = { outcome: RemoteProbe["outcome"]; unsure: boolean };

/** Undefined: every ref was moved. */
function failure(pushed: PushResult): Failure | undefined {
  if (pushed.kind !== "answered") {
    return { outcome: { kind: "trouble", trouble: pushed.trouble }, unsure: pushed.kind === "unknown" };
  }
  const results = [...pushed.refs.values()];
  if (results.every(({ kind }) => kind === "moved")) return undefined;
  const why = results.find((result) => result.kind === "refused")?.why ?? "it says that they were moved meanwhile";
  return { outcome: { kind: "refused", why, branches: false }, unsure: true };
}

async function sweep(store: PrivateStore, folder: string): Promise<string[]> {
  try {
    const found = await fetchRefs(store, [`${folder}/`]);
    return await remove(
      store,
      found.map(({ ref, oid }) => ({ ref, to: oid })),
    );
  } catch (thrown) {
    if (thrown instanceof GarzaError) return [];
    throw thrown;
  }
}

/** Each only as it was left. Those that are still there. */
async function remove(store: PrivateStore, refs: readonly Pick<RefMove, "ref" | "to">[]): Promise<string[]> {
  if (refs.length === 0) return [];
  const deletions = refs.map(({ ref, to }) => ({ ref, from: to, to: null }));
  const pushed = await pushRefs(store, deletions, { atomic: false });
  const said = pushed.kind === "answered" ? pushed.refs : new Map();
  return refs.map(({ ref }) => ref).filter((ref) => said.get(ref)?.kind !== "moved");
}
