import { type JsonNode, printNode, toValue } from "../../core/json-tree.ts";
import { showSafe } from "../../core/redact.ts";
import { findPlaces } from "../../state/places.ts";
import { showPath } from "../../state/state-path.ts";
import { plainPath } from "../../template/plain-path.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { escapeJson, json, table } from "../output.ts";
import { shownState } from "../shown-state.ts";
import { brief, existingFile, unknownPlace } from "../state-place.ts";

export const get: Command = {
  name: "state get",
  takes: "<file> [path]",
  summary: "Print a state file, or a value in it",
  about: [
    'FILE is under infra/state; .json may be left out. PATH is written as in templates: .apps.web.status, [0], ["a.b"],',
    "* for every key. A text is printed as it is, everything else, and with --json a text too, as JSON. With * there is",
    "a line for each place.",
  ].join("\n"),
  options: [],
  examples: [
    "garza state get deployments",
    "garza state get deployments.json .apps.web.status",
    "garza state get deployments '.apps.*.status' --json",
  ],
  async run(call) {
    const { args, flag, terminal } = call;
    const [name = "", typed = "."] = args;
    const path = plainPath(typed);
    const places = openPlaces(call);
    const file = existingFile(places.root, name);
    const document = await shownState(places, terminal, file);
    const found = findPlaces(document.root, path);
    const isOfMany = path.some((segment) => typeof segment === "object");
    const [only] = found;
    if (!only) throw unknownPlace(file, document.root, path);
    if (!isOfMany) terminal.out.write(`${one(only.node, flag("json"), terminal.out.isTerminal)}\n`);
    else if (flag("json")) {
      terminal.out.write(json(found.map(({ at, node }) => ({ path: showPath(at), value: toValue(node) }))));
    } else {
      const rows = found.map(({ at, node }) => [
        showSafe(showPath(at)),
        brief(toValue(node), Number.POSITIVE_INFINITY),
      ]);
      terminal.out.write(`${table(rows)}\n`);
    }
    return 0;
  },
};

/** As it stands in the file, so that no number is rounded. */
function one(node: JsonNode, asJson: boolean, isTerminal: boolean): string {
  const isText = node.kind === "scalar" && typeof node.value === "string";
  if (asJson || !isText) return escapeJson(printNode(node));
  return isTerminal ? showSafe(String(node.value)) : String(node.value);
}
