import { existsSync } from "node:fs";
import type { JsonDocument } from "../../core/json.ts";
import type { Value } from "../../core/value.ts";
import { openStateFiles } from "../../state/open-state-files.ts";
import { findPlaces } from "../../state/places.ts";
import { readStateFile } from "../../state/read-state-file.ts";
import { readStateText } from "../../state/read-text.ts";
import type { StateUpdate } from "../../state/state-files.ts";
import { type PlainPath, showPath } from "../../state/state-path.ts";
import { changeOnBranch } from "../change-on-branch.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { typedFile } from "../state-place.ts";
import { misuse, readValue, tell, tellChanges } from "./state-set.ts";

export const merge: Command = {
  name: "state merge",
  takes: "<file> [json]",
  summary: "Merge a JSON mapping into a state file",
  about: [
    "What the mapping names is set, null deletes it, and everything else stays as it is: JSON Merge Patch (RFC 7396), but for a",
    "mapping in the place of something else, which is refused. All of it is written at once, or nothing. Without JSON it is",
    "read from standard input. It commits nothing.",
  ].join("\n"),
  options: [],
  examples: [
    'garza state merge deployments.json \'{"apps": {"web": {"status": "up", "error": null}}}\'',
    "garza state merge deployments.json <changes.json",
  ],
  async run(call) {
    const { args, terminal } = call;
    const [name = "", written = await terminal.readInput()] = args;
    const patch = readValue(written, "garza state merge FILE '{…}'");
    if (!isMapping(patch)) throw misuse("only a mapping can be merged", "garza state merge FILE '{\"apps\": {…}}'");
    const places = openPlaces(call);
    const { root } = places;
    const file = typedFile(root, name);
    const within = (document: JsonDocument) =>
      updatesOf(patch, (at) => findPlaces(document.root, at).some(({ node }) => node.kind === "mapping"));
    const there = await changeOnBranch(places, terminal, file, (text) => within(readStateText(text, file.shown)));
    if (there) {
      if (there.changes.length > 0) tellChanges(call, file, there);
      else terminal.err.write("it changes nothing\n");
      return 0;
    }
    const isNew = !existsSync(file.real);
    const updates = within(readStateFile(file).document);
    if (updates.length === 0) {
      terminal.err.write("it changes nothing\n");
      return 0;
    }
    const done = await openStateFiles({ root, clock: terminal.clock }).update(file.shown, updates);
    tell(call, root, file, { ...done, isNew });
    return 0;
  },
};

/** An empty mapping is merged into one that is there, so it changes that one in nothing. */
function updatesOf(value: Value, isMappingThere: (at: PlainPath) => boolean, at: PlainPath = []): StateUpdate[] {
  if (isMapping(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => updatesOf(inner, isMappingThere, [...at, key]));
  if (isMapping(value) && (at.length === 0 || isMappingThere(at))) return [];
  return [{ path: at, text: showPath(at), value }];
}

const isMapping = (value: Value): value is { [key: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
