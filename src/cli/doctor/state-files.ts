import { findGitFolder } from "../../core/git-folder.ts";
import { GarzaError } from "../../core/problem.ts";
import { listStateFiles, readStateFile } from "../../state/read-state-file.ts";
import { findStateFile } from "../../state/state-folder.ts";
import { quoted } from "../summary.ts";
import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

const name = "state";

export async function checkStateFiles({ places }: Patient): Promise<Finding[]> {
  if (!places) return [];
  const files = listStateFiles(places.root);
  const found = files.flatMap((file) => look(places.root, file));
  return found.length > 0 ? found : [ok(name, `${files.length} files can be read`)];
}

function look(root: string, file: string): Finding[] {
  try {
    const { shown } = findStateFile(root, file);
    const { document } = readStateFile(findStateFile(root, file));
    if (!document.lead.startsWith("\ufeff")) return [];
    const message = `${shown} begins with a byte order mark: garza keeps it, and other programs may not read the file`;
    return [warn(name, message, "Write it as UTF-8 without one")];
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    const { problem } = thrown;
    if (problem.kind !== "data-damaged") return [fail(name, thrown.message, "Put a regular file of JSON in its place")];
    const correct = problem.hint ?? `Correct it there: ${problem.file}`;
    const committed = findGitFolder(root) ? `. As it was committed last: git show HEAD:./${quoted(problem.file)}` : "";
    return [fail(name, `${problem.file}: ${problem.why}`, `${correct}${committed}`)];
  }
}
