import type { JsonDocument } from "../core/json.ts";
import { toValue } from "../core/json-tree.ts";
import { problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { findPlaces, lastOnTheWay, takes, writePlace } from "./places.ts";
import { type RecordedChange, recordOf } from "./recorded-change.ts";
import { requirePath, requireStorable } from "./refuse.ts";
import type { StateChange, StateUpdate } from "./state-files.ts";
import { type PlainPath, type StatePath, showPath } from "./state-path.ts";

/**
 * Applies updates in their order to a document in memory. Throws `value-refused` when a path goes
 * through something that is no mapping; an unset value, or a path with no place, is a warning.
 * `record` is told each that is made, in the form that `reapply` takes.
 */
export function applyUpdates(
  document: JsonDocument,
  updates: StateUpdate[],
  record: (change: RecordedChange) => void = () => {},
): { changes: StateChange[]; warnings: string[] } {
  const changes: StateChange[] = [];
  const warnings: string[] = [];
  for (const update of updates) {
    requirePath(update.path, update.text);
    if (update.value === undefined) {
      warnings.push(`${update.text} was left as it is: its value is not set`);
      continue;
    }
    requireStorable(update.value, update.text);
    record(recordOf(document, update.path, update.value));
    const places = placesToWrite(document, update.path, update.value);
    if (places.length === 0) warnings.push(`${update.text} was left as it is: there is no such place`);
    changes.push(...places.map((place) => change(document, place, update.value as Value, update.text)).reverse());
  }
  return { changes, warnings };
}

/** Where a value goes, null: what it removes. Last first: removing an element of a list moves only those behind it. */
export function placesToWrite({ root }: JsonDocument, path: StatePath, value: Value): PlainPath[] {
  const last = path.at(-1);
  const existing = () => findPlaces(root, path).map(({ at }) => at);
  if (value === null || typeof last === "object") return existing().reverse();
  if (last === undefined || path.every(isPlain)) return [path as PlainPath];
  return findPlaces(root, path.slice(0, -1))
    .filter(({ node }) => takes(node, last))
    .map(({ at }) => [...at, last])
    .reverse();
}

const isPlain = (segment: StatePath[number]) => typeof segment !== "object";

function change(document: JsonDocument, place: PlainPath, value: Value, text: string): StateChange {
  const [found] = findPlaces(document.root, place);
  const before = found && toValue(found.node);
  const after = value === null ? undefined : value;
  // The same value may be written differently (`1.0`): what does not change keeps its spelling.
  if (!found || !Bun.deepEquals(before, after)) {
    if (!writePlace(document, place, value)) throw inTheWay(document, place, text);
  }
  return { path: showPath(place), before, after };
}

function inTheWay({ root }: JsonDocument, place: PlainPath, text: string) {
  const { node, at } = lastOnTheWay(root, place);
  const what = { mapping: "a mapping", list: "a list", scalar: "no mapping" }[node.kind];
  const message = place.length
    ? `${showPath(at) || "the file"} is ${what}: it has no place for ${showPath(place.slice(at.length))}`
    : "it names the whole file";
  return problem({ kind: "value-refused", code: "E_STATE_PATH", where: text, message });
}
