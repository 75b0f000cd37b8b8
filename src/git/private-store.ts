/**
 * A bare repository of our own in `.git/garza/store.git`, in which everything that goes to the remote is made: the
 * user's refs, index, FETCH_HEAD and hooks stay as they are. It is a cache: what it lacks can be fetched again.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomHex } from "../core/ids.ts";
import { problemOf } from "../core/process/trouble.ts";
import { asideFolder } from "../core/tree-file.ts";
import { type GitPlace, git, gitText } from "./git.ts";
import { findRemote, type Remote } from "./remote.ts";
import { updateRefs } from "./store-refs.ts";
import type { Tree } from "./tree.ts";

/** Git calls work in it: see `git`. */
export type PrivateStore = GitPlace & {
  gitDir: string;
  remote: Remote;
  hash: "sha1" | "sha256";
  /** What the names of all refs of ours at the remote begin with. */
  prefix: RefPrefix;
  /** Milliseconds that one answer of the remote may take. */
  limitMs: number;
  /** The user's, to which it belongs. */
  tree: Tree;
};

/** As branches where a host takes no other refs: then they are seen by everybody who fetches. */
export const refPrefixes = { custom: "refs/garza/", branches: "refs/heads/garza-" } as const;
export type RefPrefix = (typeof refPrefixes)[keyof typeof refPrefixes];

const usualLimitMs = 30_000;

export type StoreOptions = Partial<Pick<PrivateStore, "limitMs" | "prefix">> & {
  /** See `findRemote`. */ sockets: string;
};

/** Undefined where the repository has no remote. */
export async function openPrivateStore(
  tree: Tree,
  { sockets, limitMs = usualLimitMs, prefix = refPrefixes.custom }: StoreOptions,
): Promise<PrivateStore | undefined> {
  const remote = await findRemote(tree, sockets);
  if (!remote) return undefined;
  const gitDir = storeFolder(tree.common);
  if (!existsSync(join(gitDir, "HEAD"))) await make(tree, gitDir);
  const { env, config } = remote;
  return { directory: gitDir, env, config, gitDir, remote, hash: hashOf(gitDir), prefix, limitMs, tree };
}

/** The store as it is, for who asks no remote; undefined where there is none. */
export function privatePlace({ common, env }: Tree): GitPlace | undefined {
  const gitDir = storeFolder(common);
  return existsSync(join(gitDir, "HEAD")) ? { directory: gitDir, gitDir, env } : undefined;
}

const storeFolder = (common: string) => join(common, "garza", "store.git");

const hashOf = (gitDir: string) =>
  /objectformat\s*=\s*sha256/i.test(readFileSync(join(gitDir, "config"), "utf8")) ? "sha256" : "sha1";

async function make(tree: Tree, gitDir: string): Promise<void> {
  const fresh = join(asideFolder(tree.common), `store-${randomHex(6)}`);
  try {
    const format = await gitText(tree, ["rev-parse", "--show-object-format"]);
    await gitText(tree, ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, fresh]);
    mkdirSync(join(fresh, "objects", "info"), { recursive: true });
    // The user's objects are ours to read: a state file's commit stands on theirs.
    writeFileSync(join(fresh, "objects", "info", "alternates"), `${join(tree.common, "objects")}\n`);
    renameSync(fresh, gitDir);
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    // Another process has made it meanwhile.
    if (existsSync(join(gitDir, "HEAD"))) return;
    throw problemOf(cause, gitDir);
  }
}

/**
 * The user's git may sweep away what the store has from them alone: then it forgets what it has seen of the remote, and
 * the next look brings all of it. False: it lacks nothing.
 */
export async function forgetIfBroken(store: PrivateStore): Promise<boolean> {
  const walked = await git(store, ["rev-list", "--objects", "--quiet", "--all"]);
  if (walked.exitCode === 0) return false;
  await updateRefs(store, (await gitText(store, ["for-each-ref", "--format=delete %(refname)"])).split("\n"));
  return true;
}

/** Built into git, in either of its hashes. */
export const emptyTree = ({ hash }: PrivateStore): string =>
  hash === "sha256"
    ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
