import { existsSync } from "node:fs";
import { newDocument } from "../../core/json.ts";
import { toNode } from "../../core/json-tree.ts";
import { problem } from "../../core/problem.ts";
import { showSafe } from "../../core/redact.ts";
import type { Mapping, Value } from "../../core/value.ts";
import { differences } from "../../state/differences.ts";
import { type PastChange, type PastValue, pastChanges, uncommittedChange } from "../../state/history.ts";
import { nearestPlaces } from "../../state/nearest-place.ts";
import { listStateFiles, readStateFile } from "../../state/read-state-file.ts";
import type { StateBase } from "../../state/state-base.ts";
import { findStateFile, type StateFile } from "../../state/state-folder.ts";
import { type PlainPath, showPath } from "../../state/state-path.ts";
import { plainPath } from "../../template/plain-path.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { openStateBase } from "../open-state-base.ts";
import { json, oneLine, table, time } from "../output.ts";
import { brief, change, typedFile, unknownFile, unknownPlace } from "../state-place.ts";
import { readLimit } from "../statuses.ts";

export const history: Command = {
  name: "state history",
  takes: "<file> [path]",
  summary: "Who changed a value in a state file, when, and in which operation",
  about: [
    "From the commits of the branch that is checked out (or of state.branch), newest first. The file may be left out: then every state file is",
    "looked through for the path.",
  ].join("\n"),
  options: [{ flags: "--limit <n>", says: "At most so many (default 20)" }],
  examples: [
    "garza state history .fly_apps.web.status",
    "garza state history deployments.json .apps.web.version --limit 5",
  ],
  async run(call) {
    const { args, flag, value, terminal } = call;
    const limit = readLimit(value("limit"));
    const places = openPlaces(call);
    const { root } = places;
    const base = await openStateBase(places, terminal);
    const [first = "", second] = args;
    const isPath = second === undefined && /^[.[]/.test(first) && !first.startsWith("./");
    const path = onePlace(isPath ? first : (second ?? "."));
    const search = { path, limit, base, now: terminal.clock.now() };
    const files = isPath ? listStateFiles(root).map((name) => findStateFile(root, name)) : [typedFile(root, first)];
    const found: Found[] = [];
    for (const file of files) found.push(...(await changesOf(file, search)));
    if (found.length === 0) throw unknown(root, files, path, isPath ? null : first);
    const shown = found.sort((a, b) => b.at - a.at).slice(0, limit);
    if (flag("json")) terminal.out.write(json(shown.map(document)));
    else terminal.out.write(`${table(shown.map((each) => cells(each, files.length > 1)))}\n`);
    return 0;
  },
};

type Found = Omit<PastChange, "commit"> & { file: string /** Null: it is not committed. */; commit: string | null };
type Search = { path: PlainPath; limit: number; base: StateBase; now: number };

async function changesOf({ shown, real }: StateFile, { path, limit, base, now }: Search): Promise<Found[]> {
  const found: Found[] = [];
  const open = await uncommittedChange({ shown, real }, path, base);
  const by = { by: "", subject: "not committed", operations: [] };
  if (open) found.push({ file: shown, commit: null, at: now, ...by, ...open });
  for await (const each of pastChanges(shown, path, base)) {
    if (found.push({ file: shown, ...each }) >= limit) break;
  }
  return found;
}

/** Throws `usage` for a path of many places. */
function onePlace(text: string): PlainPath {
  const path = plainPath(text);
  if (path.every((segment) => typeof segment !== "object")) return path as PlainPath;
  throw problem({ kind: "usage", message: `${text} names many places; the history is that of one` });
}

function unknown(root: string, files: readonly StateFile[], path: PlainPath, typed: string | null) {
  if (typed !== null) {
    const [file] = files;
    if (!file || !existsSync(file.real)) return unknownFile(root, typed);
    return unknownPlace(file, readStateFile(file).document.root, path);
  }
  const near = new Set(files.flatMap((file) => nearestPlaces(readStateFile(file).document.root, path)));
  const hint = near.size > 0 ? `Nearest: ${showSafe([...near].slice(0, 5).join(", "))}` : "List them: ls infra/state";
  return problem({ kind: "usage", message: `no state file has, or ever had, ${showPath(path)}`, hint });
}

function cells({ file, at, by, subject, operations, before, after }: Found, withFile: boolean): string[] {
  const what = operations.length > 0 ? operations.join(", ") : subject;
  const then = [time(at), oneLine(by), oneLine(what), changed(before, after)];
  return withFile ? [...then.slice(0, 3), showSafe(file), ...then.slice(3)] : then;
}

/** Of mappings and lists, what is different in them. */
function changed(before: PastValue, after: PastValue): string {
  const [old, now] = [before.value, after.value];
  if (!isNested(old) || !isNested(now)) return `${shownValue(before)} -> ${shownValue(after)}`;
  const { layout } = newDocument();
  const all = differences(toNode(old, layout, 0), toNode(now, layout, 0));
  const some = all.slice(0, 3).map((each) => `${showSafe(each.path)} ${change(each.before, each.after)}`);
  return [...some, ...(all.length > 3 ? [`and ${all.length - 3} more`] : [])].join(", ");
}

const isNested = (value: Value | undefined): value is Mapping | Value[] => typeof value === "object" && value !== null;

const shownValue = ({ value, unreadable }: PastValue) => (unreadable ? "(no JSON)" : brief(value));

function document({ before, after, ...rest }: Found) {
  const unreadable = [...(before.unreadable ? ["before"] : []), ...(after.unreadable ? ["after"] : [])];
  return { ...rest, before: before.value, after: after.value, ...(unreadable.length > 0 && { unreadable }) };
}
