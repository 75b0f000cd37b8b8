import type { Stats } from "../../queue/stats.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { duration, json, table } from "../output.ts";
import { noStats, openQueueReader } from "../queue-reader.ts";

export const stats: Command = {
  name: "queue stats",
  takes: "",
  summary: "How many operations wait, run and have ended, and who runs them",
  options: [],
  examples: ["garza queue stats", "garza queue stats --json | jq .queued"],
  async run(call) {
    const { flag, terminal } = call;
    const places = openPlaces(call);
    const queue = openQueueReader(places, terminal);
    const counted = queue?.stats() ?? noStats(places, terminal);
    const agent = queue?.agent ?? null;
    queue?.close();
    if (flag("json")) terminal.out.write(json({ ...counted, agent }));
    else terminal.out.write(`${table(rows(counted))}\n`);
    return 0;
  },
};

function rows({ queued, running, success, failed, cancelled, interrupted, ...rest }: Stats): string[][] {
  const { waiting, oldest_queued_ms: oldest, workers, max_concurrent, paused } = rest;
  const notes = [
    oldest !== null && `the oldest for ${duration(oldest)}`,
    waiting > 0 && `${waiting} can't begin yet: garza queue list queued`,
  ].filter(Boolean);
  const limit =
    workers === 0 ? `no agent runs (${max_concurrent} at once with one): garza agent` : `${workers} at once`;
  return [
    ["queued", `${queued}`, notes.join("; ")],
    ["running", `${running}`, limit],
    ["success", `${success}`],
    ["failed", `${failed}`],
    ["cancelled", `${cancelled}`],
    ["interrupted", `${interrupted}`, interrupted > 0 ? "a person is needed: garza status" : ""],
    ...paused.map(({ template }) => ["paused", template ?? "the queue", "garza status tells by whom and why"]),
  ];
}
