import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

export async function checkRoot({ places }: Patient): Promise<Finding[]> {
  if (!places) return [];
  const { root } = places;
  return [ok("root", root), ownership(root), repository(root)];
}

function ownership(root: string): Finding {
  const owner = statSync(root).uid;
  const user = process.getuid?.();
  if (user === undefined || user === owner) return ok("owner", "the root is yours");
  return fail(
    "owner",
    `the root belongs to user ${owner}, and you are user ${user}`,
    `Run garza as its owner: sudo -u '#${owner}' garza …`,
  );
}

function repository(root: string): Finding {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return ok("repository", folder);
    if (folder === dirname(folder)) break;
  }
  return warn(
    "repository",
    "the root is in no git repository: its locks and its state stay on this machine",
    "To share them: git init",
  );
}
