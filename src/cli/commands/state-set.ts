import { existsSync } from "node:fs";
import { findGitFolder } from "../../core/git-folder.ts";
import { newDocument, readJson } from "../../core/json.ts";
import { toValue } from "../../core/json-tree.ts";
import { GarzaError, problem } from "../../core/problem.ts";
import { showSafe } from "../../core/redact.ts";
import type { Value } from "../../core/value.ts";
import { openStateFiles } from "../../state/open-state-files.ts";
import { readStateFile } from "../../state/read-state-file.ts";
import type { StateChange } from "../../state/state-files.ts";
import type { StateFile } from "../../state/state-folder.ts";
import type { StatePath } from "../../state/state-path.ts";
import { plainPath } from "../../template/plain-path.ts";
import { type ChangedOnBranch, changeOnBranch } from "../change-on-branch.ts";
import type { Call, Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { json, table } from "../output.ts";
import { change, existingFile, typedFile, unknownPlace } from "../state-place.ts";

export const set: Command = {
  name: "state set",
  takes: "<file> <path> [value]",
  summary: "Set a value in a state file",
  about: [
    "VALUE is a text. PATH:=JSON sets a number, true, a list, a mapping; PATH=TEXT is another way to write a text. What is",
    "missing on the way is made, the file too. It waits for operations that write to state files now, and commits nothing;",
    "where state files have a branch of their own (state.branch), it is pushed there.",
  ].join("\n"),
  options: [],
  examples: [
    "garza state set deployments.json .apps.web.status up",
    "garza state set deployments .apps.web.port:=8080",
    'garza state set deployments \'.apps.*.tags:=["a", "b"]\'',
  ],
  async run(call) {
    const { args } = call;
    const [name = ""] = args;
    const { text, value } = readAssignment(args.slice(1));
    const path = plainPath(text);
    const places = openPlaces(call);
    const { root } = places;
    const file = typedFile(root, name);
    const update = { path, text, value };
    const there = await changeOnBranch(places, call.terminal, file, () => [update]);
    if (there) return toldOfBranch(call, file, there, path);
    const isNew = !existsSync(file.real);
    const { changes, warnings } = await openStateFiles({ root, clock: call.terminal.clock }).update(file.shown, [
      update,
    ]);
    if (changes.length === 0) throw unknownPlace(file, readStateFile(file).document.root, path);
    tell(call, root, file, { changes, warnings, isNew });
    return 0;
  },
};

export const remove: Command = {
  name: "state delete",
  takes: "<file> <path>",
  summary: "Delete a value from a state file",
  about: "With * every place that the path names. It commits nothing.",
  options: [],
  examples: ["garza state delete deployments.json .apps.web", "garza state delete deployments '.apps.*.error'"],
  async run(call) {
    const [name = "", text = ""] = call.args;
    const path = plainPath(text);
    const places = openPlaces(call);
    const { root } = places;
    const update = { path, text, value: null };
    const typed = typedFile(root, name);
    const there = await changeOnBranch(places, call.terminal, typed, () => [update]);
    if (there) return toldOfBranch(call, typed, there, path);
    const file = existingFile(root, name);
    const state = openStateFiles({ root, clock: call.terminal.clock });
    const { changes } = await state.update(file.shown, [update]);
    if (changes.length === 0) throw unknownPlace(file, readStateFile(file).document.root, path);
    tell(call, root, file, { changes, warnings: [], isNew: false });
    return 0;
  },
};

/** Throws `usage`. */
function readAssignment([place = "", value]: readonly string[]): { text: string; value: Value } {
  if (value !== undefined) return { text: place, value };
  const split = /^((?:[^="'[]|\[(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\]]*)\])*?)(:?=)(.*)$/s.exec(place);
  if (!split) throw misuse("state set needs a value");
  const [, text = "", sign, written = ""] = split;
  if (sign === "=") return { text, value: written };
  const read = readValue(written);
  if (read === null) throw misuse("null can't be set", `To delete it: garza state delete FILE ${text}`);
  return { text, value: read };
}

/** Throws `usage`. */
export function readValue(written: string, hint = "A text is written PATH=TEXT, or PATH:='\"TEXT\"'"): Value {
  try {
    return toValue(readJson(written, "the value").root);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "data-damaged") throw thrown;
    throw misuse(`the value is no JSON: ${thrown.problem.why}`, hint);
  }
}

export const misuse = (message: string, hint = "garza state set FILE PATH TEXT, or PATH:=JSON") =>
  problem({ kind: "usage", message, hint });

/** Throws `state-unknown` where nothing was changed. */
export function toldOfBranch(call: Call, file: StateFile, there: ChangedOnBranch, path: StatePath): number {
  if (there.changes.length === 0) throw unknownPlace(file, newDocument().root, path);
  tellChanges(call, file, there);
  return 0;
}

type Done = { changes: StateChange[]; warnings: string[]; isNew: boolean };

export function tell(call: Call, root: string, file: StateFile, done: Done): void {
  tellChanges(call, file, done);
  if (findGitFolder(root))
    call.terminal.err.write(
      `${showSafe(file.shown)} is not committed yet: garza state sync shares it with other machines\n`,
    );
}

export function tellChanges({ flag, terminal }: Call, { shown }: StateFile, { changes, warnings, isNew }: Done): void {
  if (flag("json")) terminal.out.write(json({ file: shown, changes, warnings }));
  else
    terminal.out.write(`${table(changes.map(({ path, before, after }) => [showSafe(path), change(before, after)]))}\n`);
  for (const { path, before, after } of changes) {
    if (typeof after !== "string" || typeof before === "string" || before === null || before === undefined) continue;
    warnings.push(`${path} is a text now, and was none. For JSON write ${path}:=${after}`);
  }
  for (const warning of warnings) terminal.err.write(`warning: ${showSafe(warning)}\n`);
  if (isNew) terminal.err.write(`made ${showSafe(shown)}\n`);
}
