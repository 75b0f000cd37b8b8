/** The remote's side of the locks, opened when it is first needed: most operations need none. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { findGitFolder } from "../core/git-folder.ts";
import type { Settings } from "../core/settings.ts";
import { openPrivateStore, type PrivateStore, refPrefixes, type StoreOptions } from "../git/private-store.ts";
import { openTree } from "../git/tree.ts";

export type RemoteRequest = Omit<StoreOptions, "prefix"> & {
  root: string;
  settings: Settings;
  env: Readonly<Record<string, string | undefined>>;
};

/** Undefined where there is no repository, or it has no remote. Found anew when the clone's configuration changes. */
export function remoteOf(request: RemoteRequest): () => Promise<PrivateStore | undefined> {
  const { root } = request;
  let known: { mark: string; store: Promise<PrivateStore | undefined>; opening: boolean } | undefined;
  return () => {
    const folder = findGitFolder(root);
    if (!folder) return Promise.resolve(undefined);
    const { mtimeMs, size } = statSync(join(folder.common, "config"), { throwIfNoEntry: false }) ?? {
      mtimeMs: 0,
      size: 0,
    };
    const mark = `${folder.common} ${mtimeMs} ${size}`;
    // The store is a cache, which anybody may have removed.
    const isThere = existsSync(join(folder.common, "garza", "store.git", "HEAD"));
    if (known?.mark === mark && (isThere || known.opening)) return known.store;
    const one = { mark, store: open(request), opening: true };
    known = one;
    const opened = (store?: PrivateStore) => {
      one.opening = false;
      // What failed, or found none, is tried again the next time.
      if (!store && known === one) known = undefined;
    };
    one.store.then(opened, () => opened());
    return one.store;
  };
}

async function open({ root, settings, env, ...options }: RemoteRequest): Promise<PrivateStore | undefined> {
  const tree = await openTree({ directory: root, env });
  const isBranches = settings["locks.refs"].value === "branches";
  return tree && openPrivateStore(tree, { ...options, prefix: refPrefixes[isBranches ? "branches" : "custom"] });
}
