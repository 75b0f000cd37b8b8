/** Takes out of a text what an operation has changed in it, where that still stands there: it is not to be shared with the rest. */
import { type JsonDocument, printJson } from "../core/json.ts";
import { toValue } from "../core/json-tree.ts";
import type { Value } from "../core/value.ts";
import { findPlaces, writePlace } from "./places.ts";
import { readStateText } from "./read-text.ts";
import type { RecordedChange } from "./recorded-change.ts";
import { type PlainPath, type StatePath, showPath } from "./state-path.ts";

/** `file` for messages. Entries of logs stay: they tell what was. Throws `data-damaged`. */
export function takeBack(text: string, changes: readonly RecordedChange[], file: string): string {
  const document = readStateText(text, file);
  for (const change of changes.toReversed()) {
    if (change.kind === "append") continue;
    const ours = change.kind === "set" ? change.value : undefined;
    for (const { at, was } of placesOf(change.path, change.before)) {
      if (!Bun.deepEquals(valueAt(document, at), ours)) continue;
      writePlace(document, at, was ?? null);
    }
  }
  return printJson(document);
}

type Held = { at: PlainPath; was: Value | undefined };

/** Those that the path named, and itself where it named none. */
function placesOf(path: StatePath, before: { at: PlainPath; value: Value }[]): Held[] {
  const held = before.map(({ at, value }) => ({ at, was: value }));
  const isPlain = path.every((segment) => typeof segment !== "object");
  const isNew = isPlain && !held.some(({ at }) => showPath(at) === showPath(path));
  return isNew ? [{ at: path as PlainPath, was: undefined }] : held;
}

function valueAt({ root }: JsonDocument, at: PlainPath): Value | undefined {
  const [found] = findPlaces(root, at);
  return found && toValue(found.node);
}
