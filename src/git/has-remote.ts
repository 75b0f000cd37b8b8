import { join } from "node:path";
import { readRegular } from "../core/files.ts";
import { findGitFolder } from "../core/git-folder.ts";

/** Asked of the file: most roots that have none should not pay for a process. */
export function hasRemote(root: string): boolean {
  const folder = findGitFolder(root);
  const config = folder && readRegular(join(folder.common, "config"))?.text;
  return config !== undefined && /^\s*\[remote "/m.test(config);
}
