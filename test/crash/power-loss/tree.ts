import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Absolute path to what is there; in no order. */
export type Tree = Map<string, Buffer | "folder">;

/** SQLite makes its shared memory anew when it opens a database, and what fills a reserve is all the same. */
export const isOfAccount = (path: string) => !/-shm$|\.reserve$/.test(path);

/** A folder and all that is in it. */
export function readTree(folder: string): Tree {
  const tree: Tree = new Map([[folder, "folder"]]);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) tree.set(path, "folder");
    else if (isOfAccount(path)) tree.set(path, readFileSync(path));
  }
  return tree;
}

/** Puts what lies in the folder `from` into a new folder `to`. */
export function writeTree(tree: Tree, from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  for (const path of [...tree.keys()].filter((each) => each.startsWith(`${from}/`)).sort()) {
    const content = tree.get(path);
    const place = to + path.slice(from.length);
    if (content === "folder") mkdirSync(place, { mode: 0o700 });
    else if (content) writeFileSync(place, content, { mode: 0o600 });
  }
}
