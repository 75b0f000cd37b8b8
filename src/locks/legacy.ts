/**
 * Locks as another tool keeps them: files `infra/state/locks/NAME.lock` in commits of the state branch. Each holds until
 * somebody takes the file away. One that is pushed between our look and our push is not seen: that tool asks nobody.
 */
import type { Settings } from "../core/settings.ts";
import { type FoundRef, fetchRefs } from "../git/fetch-refs.ts";
import { git, gitText, readable } from "../git/git.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { branchRef, pathInRepository, textIn } from "../git/remote-branch.ts";
import type { Known } from "./leases.ts";
import { isMirror, locksFolder, mirrorName } from "./mirror.ts";

export type Legacy = {
  /** The branch that has them, to be fetched along with locks. Its full name. */
  branch(): Promise<string>;
  /** Those of a commit of it, which is in the store; of one resource, where it is named. */
  at(tip: string | null, resource?: string): Promise<Known[]>;
};

export type LegacyRequest = {
  store: PrivateStore;
  root: string;
  settings: Settings;
};

/** Undefined: such files are no locks here. */
export function openLegacy({ store, root, settings }: LegacyRequest): Legacy | undefined {
  if (settings["locks.legacy"].value !== "honor") return undefined;
  return {
    branch: () => branchRef(store, settings["state.branch"].value),
    async at(tip, resource) {
      if (tip === null) return [];
      const all = await listFiles(store, tip, `${pathInRepository(root, locksFolder)}/`);
      const wanted = all.filter(({ name }) => resource === undefined || namesOf(resource).includes(name));
      const found = await Promise.all(wanted.map((file) => readFile(store, tip, file, resource)));
      return found.filter((each) => each !== undefined);
    },
  };
}

/** Refs of the remote by one connection, and what another tool holds then: all of it, or one resource. */
export async function fetchWithFiles(
  { store, legacy }: { store: PrivateStore; legacy: Legacy | undefined },
  prefixes: readonly string[],
  resource?: string,
): Promise<{ refs: FoundRef[]; files: Known[] }> {
  if (!legacy) return { refs: await fetchRefs(store, prefixes), files: [] };
  const branch = await legacy.branch();
  const refs = await fetchRefs(store, [...prefixes, branch]);
  const tip = refs.find(({ ref }) => ref === branch)?.oid ?? null;
  return { refs, files: await legacy.at(tip, resource) };
}

/** The other tool's own name for it, and ours, which is the same for a plain one. */
const namesOf = (resource: string) => [`${resource}.lock`, mirrorName(resource)];

type File = { path: string; name: string; blob: string };

async function listFiles(store: PrivateStore, tip: string, folder: string): Promise<File[]> {
  const entries = (await gitText(store, ["--literal-pathspecs", "ls-tree", "-z", tip, "--", folder])).split("\0");
  return entries.flatMap((entry) => {
    const [, blob = "", path = ""] = /^100\d+ blob (\w+)\t(.+\.lock)$/s.exec(readable(entry)) ?? [];
    return path === "" ? [] : [{ path, blob, name: path.slice(folder.length) }];
  });
}

/** Undefined for a file of our own that somebody has committed: it shows what was, and is no lock. */
async function readFile(
  store: PrivateStore,
  tip: string,
  { path, name, blob }: File,
  resource = name.replace(/\.lock$/, ""),
): Promise<Known | undefined> {
  const text = (await textIn(store, tip, path)) ?? "";
  if (isMirror(text)) return undefined;
  const field = (key: string) => new RegExp(`^${key}:[ \\t]*(\\S.*)$`, "m").exec(text)?.[1]?.trim().slice(0, 500);
  const time = new Date(Date.parse(field("timestamp") ?? "") || (await changedAt(store, tip, path))).toISOString();
  const operation = field("operation") ?? "unknown";
  const who = { owner: operation, by: field("operator") ?? "unknown", host: "", machine: "", pid: 0, op: operation };
  const record = { v: 1 as const, res: resource, st: "held" as const, gen: 0, seq: 0, n: 1, ...who };
  return { oid: blob, file: path, text: { ...record, acq: time, ren: time, ttl: 1e9, nonce: "" } };
}

/** Milliseconds since 1970. */
async function changedAt(store: PrivateStore, tip: string, path: string): Promise<number> {
  const { stdout } = await git(store, ["--literal-pathspecs", "log", "-1", "--format=%ct", tip, "--", path]);
  return Number(stdout) * 1000;
}
