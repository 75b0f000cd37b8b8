/** `infra/state/locks/*.lock`: who holds what, for people and `ls`. Never read as truth, never in a commit. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { excludeFromGit } from "../core/exclude.ts";
import { contained, isFileError, makeFolder, readRegular } from "../core/files.ts";
import { GarzaError, messageOf } from "../core/problem.ts";
import { replaceInTree } from "../core/tree-file.ts";
import { hasRemote } from "../git/has-remote.ts";
import type { LockHolder } from "./locks.ts";
import { encodeResource } from "./resource-name.ts";

export type Mirror = {
  /** Undefined: nobody holds it. */
  show(resource: string, holder: LockHolder | undefined): void;
  refresh(holders: LockHolder[]): void;
};

export const locksFolder = "infra/state/locks";

/** Whether a file is ours. */
export const isMirror = (text: string): boolean => /^generation: \d+$/m.test(text);

export const mirrorName = (resource: string): string => `${encodeResource(resource)}.lock`;

export function openMirror({ root, warn }: { root: string; warn: (message: string) => void }): Mirror {
  let excluded = false;
  // A lock is held whether or not its file can be written.
  const attempt = (change: (folder: string) => void) => {
    try {
      const folder = contained(root, locksFolder);
      makeFolder(folder);
      if (!excluded) excludeFromGit(root, `${locksFolder}/*.lock`);
      excluded = true;
      change(folder);
    } catch (cause) {
      if (!(cause instanceof GarzaError) && !isFileError(cause)) throw cause;
      warn(`the files that show locks are not up to date: ${messageOf(cause)}`);
    }
  };
  return {
    show: (resource, holder) => attempt((folder) => put(root, join(folder, mirrorName(resource)), holder)),
    refresh(holders) {
      attempt((folder) => {
        const held = new Set(holders.map(({ resource }) => mirrorName(resource)));
        for (const name of readdirSync(folder))
          if (name.endsWith(".lock") && !held.has(name)) put(root, join(folder, name), undefined);
        for (const holder of holders) put(root, join(folder, mirrorName(holder.resource)), holder);
      });
    },
  };
}

/** A file that is not ours, such as a tracked one of another tool, stays as it is. */
function put(root: string, file: string, holder: LockHolder | undefined): void {
  const there = readRegular(file)?.text;
  if (there !== undefined && !isMirror(there)) return;
  if (!holder) {
    rmSync(file, { force: true });
    return;
  }
  const text = describeHolder(holder, holder.scope === "local" && hasRemote(root));
  if (there !== text) replaceInTree(root, file, text, 0o644);
}

/** `isHidden`: other machines share the repository, and do not see it. */
function describeHolder(holder: LockHolder, isHidden: boolean): string {
  const { operator, since, operation, label, host, token, expires, scope } = holder;
  const fields = {
    operator,
    timestamp: iso(since),
    operation: label ?? operation,
    host,
    generation: String(token),
    expires: expires === undefined ? "never" : iso(expires),
    owner: operation,
    scope: isHidden ? "LOCAL ONLY" : scope === "local" ? "local" : "shared",
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${oneLine(value)}\n`)
    .join("");
}

const iso = (at: number) => new Date(at).toISOString();
const oneLine = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
