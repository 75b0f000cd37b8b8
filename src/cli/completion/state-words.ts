/** State files, and the places in one of them a key at a time. */

import { toValue } from "../../core/json-tree.ts";
import { findPlaces } from "../../state/places.ts";
import { listStateFiles, readStateFile } from "../../state/read-state-file.ts";
import { showPath } from "../../state/state-path.ts";
import { plainPath } from "../../template/plain-path.ts";
import { brief, existingFile } from "../state-place.ts";
import type { Candidate } from "./values.ts";

/** `args`: the file, once it is typed. */
export function stateWords(root: string, [file, ...more]: readonly string[], typed: string): Candidate[] {
  if (file === undefined) return listStateFiles(root).map((word) => ({ word }));
  if (more.length > 0) return [];
  const { document } = readStateFile(existingFile(root, file));
  const whole = typed.slice(0, Math.max(typed.lastIndexOf("."), typed.lastIndexOf("[")));
  const inside = [...(whole === "" ? [] : plainPath(whole)), { any: true } as const];
  return findPlaces(document.root, inside).map(({ at, node }) => ({
    word: showPath(at),
    ...(node.kind === "scalar" && { says: brief(toValue(node)) }),
  }));
}
