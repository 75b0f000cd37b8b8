/**
 * Does again to a newer text what was done to an older one. What an operation has set is true now, whoever wrote
 * there meanwhile: its value wins, and what it wrote over is told, so that the caller can decide and nobody's
 * value is lost in silence.
 */
import { type JsonDocument, printJson } from "../core/json.ts";
import {
  type Mapping as JsonMapping,
  type JsonNode,
  removeMember,
  setMember,
  toNode,
  toValue,
} from "../core/json-tree.ts";
import { isMapping, type Mapping, type Value } from "../core/value.ts";
import { placesToWrite } from "./apply.ts";
import { appendEntry } from "./log-file.ts";
import { findPlaces, lastOnTheWay, writePlace } from "./places.ts";
import { readStateText } from "./read-text.ts";
import type { HeldValue, RecordedChange } from "./recorded-change.ts";
import { type PlainPath, showPath } from "./state-path.ts";

/** `theirs`: what stood there meanwhile. Values that were or are not there are undefined. */
export type StateConflict = {
  path: string;
  before: Value | undefined;
  ours: Value | undefined;
  theirs: Value | undefined;
  /** False: `theirs` is no mapping, is in the way, and was left as it is. */
  written: boolean;
};

export type Reapplied = { text: string; conflicts: StateConflict[]; warnings: string[] };

/** `file` for messages; `logLimit`: entries that a log keeps, default 1,000. */
export type ReapplyOptions = { file: string; logLimit?: number };

/**
 * Undefined text: there is no such file. Doing the same once more changes nothing. Throws `data-damaged` for a
 * text that is no JSON, or that has something else where a log's list should be.
 */
export function reapply(
  text: string | undefined,
  changes: readonly RecordedChange[],
  { file, logLimit = 1000 }: ReapplyOptions,
): Reapplied {
  const document = readStateText(text, file);
  const told: Told = { conflicts: [], warnings: [] };
  for (const change of changes) {
    if (change.kind === "set") set(document, change, told);
    else if (change.kind === "delete") remove(document, change, told);
    else {
      const { entry, id, at } = change;
      appendEntry(document, { entry, id, now: at, limit: logLimit, file });
    }
  }
  // What stands there in the end is not lost: a later change of ours had put it there, when it is all done again.
  const isLost = ({ at, theirs, written }: Met) => !written || !Bun.deepEquals(valueAt(document, at), theirs);
  const conflicts = told.conflicts.filter(isLost).map(({ at, ...rest }) => ({ path: showPath(at), ...rest }));
  return { text: printJson(document), conflicts, warnings: told.warnings };
}

type Met = Omit<StateConflict, "path"> & { at: PlainPath };
type Told = { conflicts: Met[]; warnings: string[] };
type Change<Kind> = Extract<RecordedChange, { kind: Kind }>;

function valueAt({ root }: JsonDocument, at: PlainPath): Value | undefined {
  const [found] = findPlaces(root, at);
  return found && toValue(found.node);
}

function set(document: JsonDocument, { path, value, before }: Change<"set">, told: Told): void {
  const places = placesToWrite(document, path, value);
  if (places.length === 0) told.warnings.push(`${showPath(path)} was not set: there is no such place any more`);
  const held = heldAt(before);
  for (const place of places) {
    const was = held.get(showPath(place));
    const at = placeInList(document, place, { value, was });
    if (at) put(document, at, { value, was }, told);
  }
}

const heldAt = (before: readonly HeldValue[]) => new Map(before.map(({ at, value }) => [showPath(at), value]));

type Wanted = { value: Value; was: Value | undefined };

/** What was appended to a list goes behind what others have appended. Undefined: it is there already. */
function placeInList({ root }: JsonDocument, place: PlainPath, { value, was }: Wanted): PlainPath | undefined {
  const index = place.at(-1);
  const list = findPlaces(root, place.slice(0, -1))[0]?.node;
  if (typeof index !== "number" || list?.kind !== "list") return place;
  const end = [...place.slice(0, -1), list.elements.length];
  if (was !== undefined) return index < list.elements.length ? place : end;
  return list.elements.slice(index).some(({ node }) => Bun.deepEquals(toValue(node), value)) ? undefined : end;
}

function put(document: JsonDocument, at: PlainPath, { value, was }: Wanted, told: Told): void {
  const [found] = findPlaces(document.root, at);
  if (found?.node.kind === "mapping" && isMapping(value)) {
    putKeys(found.node, at, { value, was }, document, told);
    return;
  }
  const theirs = found && toValue(found.node);
  if (Bun.deepEquals(theirs, value)) return;
  if (!writePlace(document, at, value)) {
    const inTheWay = toValue(lastOnTheWay(document.root, at).node);
    told.conflicts.push({ at, before: was, ours: value, theirs: inTheWay, written: false });
  } else noteLoss(at, { was, ours: value, current: found?.node }, told);
}

type WantedKeys = { value: Mapping; was: Value | undefined };

/** Key by key: what somebody else has added meanwhile stays. */
function putKeys(mapping: JsonMapping, at: PlainPath, wanted: WantedKeys, document: JsonDocument, told: Told): void {
  const { value } = wanted;
  const before = isMapping(wanted.was) ? wanted.was : {};
  for (const [key, inner] of Object.entries(value)) {
    const current = mapping.members.get(key)?.node;
    const was = Object.hasOwn(before, key) ? before[key] : undefined;
    const place = [...at, key];
    if (current?.kind === "mapping" && isMapping(inner)) {
      putKeys(current, place, { value: inner, was }, document, told);
    } else if (differs(current, inner)) {
      noteLoss(place, { was, ours: inner, current }, told);
      setMember(mapping, key, toNode(inner, document.layout, place.length), document.layout, at.length);
    }
  }
  for (const [key, { node: current }] of [...mapping.members]) {
    if (Object.hasOwn(value, key)) continue;
    const place = [...at, key];
    if (Object.hasOwn(before, key)) {
      noteLoss(place, { was: before[key], ours: undefined, current }, told);
      removeMember(mapping, key);
    } else told.warnings.push(`${showPath(place)} was added by somebody else, and stays`);
  }
}

const differs = (node: JsonNode | undefined, value: Value) => !node || !Bun.deepEquals(toValue(node), value);

type Written = { was: Value | undefined; ours: Value | undefined; current: JsonNode | undefined };

function noteLoss(at: PlainPath, { was, ours, current }: Written, told: Told): void {
  const theirs = current && toValue(current);
  if (Bun.deepEquals(theirs, was)) return;
  told.conflicts.push({ at, before: was, ours, theirs, written: true });
}

function remove(document: JsonDocument, { path, before }: Change<"delete">, told: Told): void {
  const held = heldAt(before);
  const isOfMany = path.some((segment) => typeof segment === "object");
  for (const place of placesToWrite(document, path, null)) {
    const was = held.get(showPath(place));
    const at = isOfMany ? place : elementThatWas(document, place, was);
    if (!at) {
      told.warnings.push(`${showPath(place)} was not deleted: another element stands there now`);
      continue;
    }
    const current = findPlaces(document.root, at)[0]?.node;
    writePlace(document, at, null);
    const isKnown = isOfMany && current && before.some(({ value }) => !differs(current, value));
    if (!isKnown) noteLoss(at, { was, ours: undefined, current }, told);
  }
}

/** An element of a list may have moved: it is known by what it was. Undefined: it is gone, or changed. */
function elementThatWas({ root }: JsonDocument, place: PlainPath, was: Value | undefined): PlainPath | undefined {
  const list = findPlaces(root, place.slice(0, -1))[0]?.node;
  const index = Number(place.at(-1));
  if (list?.kind !== "list" || was === undefined) return place;
  const same = list.elements.flatMap(({ node }, at) => (differs(node, was) ? [] : [at]));
  const [nearest] = same.sort((a, b) => Math.abs(a - index) - Math.abs(b - index));
  return nearest === undefined ? undefined : [...place.slice(0, -1), nearest];
}
