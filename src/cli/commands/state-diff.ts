import { showSafe } from "../../core/redact.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { openStateBase } from "../open-state-base.ts";
import { json, paintFor, table } from "../output.ts";
import { change } from "../state-place.ts";

export const diff: Command = {
  name: "state diff",
  takes: "[revision]",
  summary: "What differs between the state files here and those that are committed",
  about: [
    "By key and by id, however the files are written. REVISION is HEAD where nothing is said (or the newest",
    "that was seen of state.branch); a branch of the remote, as it was fetched last: origin/main.",
  ].join("\n"),
  options: [],
  examples: [
    "garza state diff",
    "git fetch && garza state diff origin/main",
    "garza state diff HEAD~5 --json | jq -r '.[].path'",
  ],
  async run(call) {
    const { args, flag, terminal } = call;
    const [revision] = args;
    const places = openPlaces(call);
    const { stateDifferences } = await import("../../state/compare.ts");
    const base = await openStateBase(places, terminal, revision !== undefined);
    const found = await stateDifferences(places.root, base, revision);
    if (flag("json")) {
      terminal.out.write(json(found));
      return 0;
    }
    const paint = paintFor(terminal.out, terminal.env);
    for (const [file, differing] of Map.groupBy(found, (each) => each.file)) {
      const rows = differing.map(({ path, before, after }) => [`  ${showSafe(path)}`, change(before, after)]);
      terminal.out.write(`${paint.strong(showSafe(file))}\n${table(rows)}\n`);
    }
    if (found.length === 0)
      terminal.err.write(
        `The state files are as in ${revision ?? (base.isApart ? "the branch that they are shared on" : "HEAD")}.\n`,
      );
    return 0;
  },
};
