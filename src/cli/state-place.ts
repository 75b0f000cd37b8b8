/** The file and the place in it that a `garza state` command is about, as they are typed. */
import { existsSync } from "node:fs";
import type { JsonNode } from "../core/json-tree.ts";
import { nearest } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";
import { showSafe } from "../core/redact.ts";
import type { Value } from "../core/value.ts";
import { nearestPlaces } from "../state/nearest-place.ts";
import { listStateFiles } from "../state/read-state-file.ts";
import { findStateFile, type StateFile } from "../state/state-folder.ts";
import { type StatePath, showPath } from "../state/state-path.ts";
import { oneLine } from "./output.ts";

/** `.json` may be left out. Throws `path-refused`. */
export function typedFile(root: string, typed: string): StateFile {
  const file = findStateFile(root, typed);
  return typed.endsWith(".json") || existsSync(file.real) ? file : findStateFile(root, `${typed}.json`);
}

/** Throws `state-unknown`, with the nearest ones. */
export function existingFile(root: string, typed: string): StateFile {
  const file = typedFile(root, typed);
  if (existsSync(file.real)) return file;
  throw unknownFile(root, typed);
}

export function unknownFile(root: string, typed: string) {
  const bare = typed.replace(/^(?:\.\/)*infra\/state\//, "");
  const known = listStateFiles(root);
  const near = nearest(bare.replace(/\.json$/, ""), new Set(known.map((name) => name.replace(/\.json$/, ""))), 3);
  const files = near.length > 0 ? near.map((name) => `${name}.json`) : known.slice(0, 5);
  return problem({
    kind: "state-unknown",
    file: `infra/state/${showSafe(bare)}`,
    path: null,
    nearest: files.map(showSafe),
  });
}

export const noRemote = (root: string) =>
  problem({
    kind: "configuration",
    where: root,
    message: "the repository has no remote to share state with",
    hint: "Add one: git remote add origin URL",
  });

/** For a place that names nothing. */
export function unknownPlace({ shown }: StateFile, root: JsonNode, path: StatePath) {
  const near = nearestPlaces(root, path).map(showSafe);
  return problem({ kind: "state-unknown", file: shown, path: showSafe(showPath(path)) || ".", nearest: near });
}

/** A value in a line: JSON, cut where it is long; `nothing` where it is undefined. */
export function brief(value: Value | undefined, most = 60): string {
  if (value === undefined) return "nothing";
  const text = oneLine(JSON.stringify(value));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** `"old" -> "new"`. */
export const change = (before: Value | undefined, after: Value | undefined) => `${brief(before)} -> ${brief(after)}`;
