/** What git's merge driver does: three files to one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRegular, replaceFile } from "../core/files.ts";
import { describe } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { type GitPlace, git } from "../git/git.ts";
import { type MergeConflict, mergeJson, type Versions } from "./merge.ts";
import { isOfFile } from "./read-text.ts";

/**
 * Files by their paths; the result takes the place of `ours`. `shown` is what the file is called in the work
 * tree. Resolves to a line for each place that nobody but a person can decide on; then marks stand in the text,
 * as in any merge. What is no JSON is merged as text, and is left to a person, too.
 */
export async function mergeFiles(files: Versions<string>, shown: string, place: GitPlace): Promise<string[]> {
  const merged = (text: string | Uint8Array) => replaceFile(files.ours, text, readRegular(files.ours)?.mode);
  try {
    const versions = readVersions(files, shown);
    const { text = "", conflicts } = mergeJson(versions, shown);
    const marked = conflicts.length === 0 ? text : await withMarks(versions, shown, place);
    if (marked !== undefined && marked !== versions.ours) merged(marked);
    return conflicts.map((conflict) => `${shown} ${describeConflict(conflict)}`);
  } catch (thrown) {
    if (!isOfFile(thrown)) throw thrown;
    const marked = await mergeText(files, place);
    if (marked) merged(marked);
    const { problem } = thrown;
    const what = problem.kind === "data-damaged" ? `${problem.file}, ${problem.why}` : describe(problem);
    return [`${what}; it was merged as text`];
  }
}

function readVersions(files: Versions<string>, shown: string): Versions {
  const read = (version: keyof Versions) => readRegular(files[version], `${shown} (${version})`)?.text;
  return { base: read("base"), ours: read("ours"), theirs: read("theirs") };
}

/** Everything else is merged: the versions differ in those places alone that get marks. */
async function withMarks(versions: Versions, shown: string, place: GitPlace): Promise<Uint8Array | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "garza-merge-"));
  try {
    const files = { base: join(folder, "base"), ours: join(folder, "ours"), theirs: join(folder, "theirs") };
    for (const side of ["base", "ours", "theirs"] as const)
      writeFileSync(files[side], mergeJson(versions, shown, side).text ?? "", { mode: 0o600 });
    return await mergeText(files, place);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Undefined: git can't (it takes one of them for binary), so that ours stays as it is. */
async function mergeText({ base, ours, theirs }: Versions<string>, place: GitPlace): Promise<Uint8Array | undefined> {
  const labels = ["ours", "base", "theirs"].flatMap((label) => ["-L", label]);
  const { exitCode, stdout } = await git(place, ["merge-file", "-p", ...labels, ours, base, theirs]);
  return exitCode <= 127 ? Buffer.from(stdout, "latin1") : undefined;
}

/** `.apps.web: ours 1, theirs 2, before nothing`. */
export function describeConflict({ path, base, ours, theirs }: MergeConflict): string {
  return `${path}: ours ${brief(ours)}, theirs ${brief(theirs)}, before ${brief(base)}`;
}

function brief(value: Value | undefined): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
