/** Commits that change files, made in the private store on top of any other: no work tree and no index of the user's. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { randomHex } from "../core/ids.ts";
import { gitText } from "./git.ts";
import type { PrivateStore } from "./private-store.ts";
import { type Entry, putEntries } from "./tree.ts";

export type FilesCommit = {
  parent: string | null;
  /** Path in the repository to text; null takes the file away. */
  files: ReadonlyMap<string, string | null>;
  message: string;
  /** `Name <address>`. */
  author: string;
  /** Milliseconds since 1970. */
  now: number;
};

/** Makes the commit, in the store; returns its id. */
export async function commitFiles(store: PrivateStore, commit: FilesCommit): Promise<string> {
  const { parent, files, message, author, now } = commit;
  const index = join(store.gitDir, `index-${randomHex(6)}`);
  try {
    await gitText(store, ["read-tree", parent ?? "--empty"], { index });
    const entries: Entry[] = [];
    for (const [path, text] of files) {
      const oid = await gitText(store, ["hash-object", "-w", "--stdin"], { input: bytes(text ?? "") });
      entries.push({ mode: text === null ? "0" : "100644", oid, path: bytes(path) });
    }
    await putEntries(store, entries, { index });
    const tree = await gitText(store, ["write-tree"], { index });
    const person = `${author} ${Math.floor(now / 1000)} +0000`;
    const head = [
      `tree ${tree}`,
      ...(parent === null ? [] : [`parent ${parent}`]),
      `author ${person}`,
      `committer ${person}`,
    ];
    const input = bytes(`${head.join("\n")}\n\n${message}\n`);
    return await gitText(store, ["hash-object", "-w", "-t", "commit", "--stdin"], { input });
  } finally {
    rmSync(index, { force: true });
  }
}

/** As git calls take it: see `GitResult`. */
const bytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");
