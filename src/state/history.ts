/** The past of one place in a state file: the commits that changed it, from git. */
import { readRegular } from "../core/files.ts";
import { isMapping, type Value } from "../core/value.ts";
import { type GitPlace, gitText, readable } from "../git/git.ts";
import { type FileCommit, readFileCommits } from "./file-commits.ts";
import { isBlank, largestText } from "./read-text.ts";
import type { StateBase } from "./state-base.ts";
import type { StateFile } from "./state-folder.ts";
import type { PlainPath } from "./state-path.ts";

/** What a version of the file has there; undefined: nothing. */
export type PastValue = { value: Value | undefined /** The file is no JSON in that version. */; unreadable?: true };

export type PastChange = Omit<FileCommit, "blob" | "parents"> & { before: PastValue; after: PastValue };

/** Newest first, as far as they are asked for. A merge counts where it has what none of its parents had. */
export async function* pastChanges(file: string, path: PlainPath, base: StateBase): AsyncGenerator<PastChange> {
  const { place, revision } = base;
  const commits = await readFileCommits(base.path(file), place, revision);
  let known = new Map<string, PastValue>();
  for (let from = 0; from < commits.length; from += chunk) {
    const some = commits.slice(from, from + chunk);
    known = await readValues(new Set(some.flatMap(({ blob, parents }) => [blob, ...parents])), path, place, known);
    for (const { blob, parents, ...commit } of some) {
      const after = known.get(blob) ?? nothing;
      const before = parents.map((parent) => known.get(parent) ?? nothing);
      if (before.every((each) => !Bun.deepEquals(each, after)))
        yield { ...commit, before: before[0] ?? nothing, after };
    }
  }
}

/** What the work tree has there otherwise than the newest commit; undefined: nothing. */
export async function uncommittedChange(
  { shown, real }: StateFile,
  path: PlainPath,
  base: StateBase,
): Promise<Pick<PastChange, "before" | "after"> | undefined> {
  const before = pastValue(await base.text(shown), path);
  const after = pastValue(readRegular(real, shown, largestText)?.text, path);
  return Bun.deepEquals(before, after) ? undefined : { before, after };
}

/** So many versions are in memory at once. */
const chunk = 64;
const nothing: PastValue = { value: undefined };
const absent = /^0+$/;

/** Of each blob; what is `known` is not read again. */
async function readValues(
  blobs: ReadonlySet<string>,
  path: PlainPath,
  place: GitPlace,
  known: ReadonlyMap<string, PastValue>,
): Promise<Map<string, PastValue>> {
  const values = new Map<string, PastValue>();
  const unread: string[] = [];
  for (const blob of blobs) {
    const value = absent.test(blob) ? nothing : known.get(blob);
    if (value) values.set(blob, value);
    else unread.push(blob);
  }
  if (unread.length === 0) return values;
  const answer = await gitText(place, ["cat-file", "--batch"], { input: unread.map((blob) => `${blob}\n`).join("") });
  let at = 0;
  for (const blob of unread) {
    const head = answer.slice(at, answer.indexOf("\n", at));
    const size = Number(/ blob (\d+)$/.exec(head)?.[1]);
    const start = at + head.length + 1;
    // A partial clone may not have it.
    values.set(
      blob,
      Number.isNaN(size)
        ? { value: undefined, unreadable: true }
        : pastValue(readable(answer.slice(start, start + size)), path),
    );
    at = start + (Number.isNaN(size) ? 0 : size + 1);
  }
  return values;
}

function pastValue(text: string | undefined, path: PlainPath): PastValue {
  if (isBlank(text)) return nothing;
  try {
    return { value: valueAt(JSON.parse(text.replace(/^\ufeff/, "")) as Value, path) };
  } catch {
    return { value: undefined, unreadable: true };
  }
}

function valueAt(value: Value, path: PlainPath): Value | undefined {
  let at: Value | undefined = value;
  for (const segment of path) {
    if (Array.isArray(at) && /^\d+$/.test(String(segment))) at = at[Number(segment)];
    else if (isMapping(at) && Object.hasOwn(at, segment)) at = at[segment];
    else return undefined;
  }
  return at;
}
