import { join, relative, resolve } from "node:path";
import { contained, isWithin } from "../core/files.ts";
import { findGitFolder } from "../core/git-folder.ts";
import { problem } from "../core/problem.ts";

/** Where a state file is: `shown` is its path in the root, `real` has its links resolved. */
export type StateFile = { shown: string; real: string };

const stateFolder = join("infra", "state");

/** A file under `infra/state/`, written with or without that prefix. Throws `path-refused` for what leaves the folder or, by links, the root. */
export function findStateFile(root: string, file: string): StateFile {
  const folder = resolve(root, stateFolder);
  const named = resolve(folder, file.replace(/^(?:\.\/)*infra\/state\//, ""));
  if (file === "" || named === folder) throw problem({ kind: "path-refused", path: file, why: "it names no file" });
  if (!isWithin(folder, named)) throw problem({ kind: "path-refused", path: file, why: `it leaves ${stateFolder}` });
  const shown = relative(resolve(root), named);
  return { shown, real: contained(root, shown) };
}

/** The file that is locked around a change: in `.git/garza` where there is a repository, so that nobody sees it. */
export function stateLockFile(root: string): string {
  const git = findGitFolder(root);
  return git ? join(git.common, "garza", "state.lock") : join(contained(root, stateFolder), ".lock");
}
