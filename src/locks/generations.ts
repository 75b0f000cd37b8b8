/**
 * The generation floor: the greatest fencing token that was ever given out for locks whose refs are gone. It is kept in
 * a file of the state branch, which outlives the refs: whoever takes such a lock again begins above it.
 */
import { problem } from "../core/problem.ts";
import { isMapping } from "../core/value.ts";
import { fetchBranch, pathInRepository, sharedText } from "../git/remote-branch.ts";
import type { Sharing } from "./sharing.ts";

/** A path in the root. Its key `generation` has an integer for each resource. */
export const generationsFile = "infra/state/locks.json";

/**
 * To be asked after a look that found no ref: who deletes one has recorded its generation before. 0 where nothing is
 * recorded. Throws `data-damaged`, `remote-unreachable`, `remote-refused`.
 */
export async function generationOf({ store, root, branch }: Sharing, resource: string): Promise<number> {
  const { tip } = await fetchBranch(store, branch);
  const generations = readGenerations(
    await sharedText(store, { branch, tip }, pathInRepository(root, generationsFile)),
  );
  return Object.hasOwn(generations, resource) ? (generations[resource] ?? 0) : 0;
}

/** Throws `data-damaged`: who took that for nothing would give out tokens again. */
export function readGenerations(text: string | undefined): Readonly<Record<string, number>> {
  if (text === undefined) return {};
  const { generation } = parse(text);
  if (generation === undefined) return {};
  if (!isMapping(generation) || !Object.values(generation).every(isGeneration))
    throw damaged("its `generation` is no mapping of names to whole numbers");
  return generation as Record<string, number>;
}

const isGeneration = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;

function parse(text: string): { generation?: unknown } {
  try {
    const json: unknown = JSON.parse(text);
    if (isMapping(json)) return json;
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause));
  }
  throw damaged("it is no mapping");
}

const damaged = (why: string) =>
  problem({
    kind: "data-damaged",
    file: `${generationsFile} of the shared branch`,
    why,
    hint: "Correct it, commit and push: it has the greatest fencing tokens of locks that were forgotten",
  });
