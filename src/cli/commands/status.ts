import { problem } from "../../core/problem.ts";
import type { Mapping } from "../../core/value.ts";
import type { Call, Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { json } from "../output.ts";
import { lookOf } from "../rows.ts";
import { showOperation } from "../show-operation.ts";

export const status: Command = {
  name: "status",
  takes: "[id]",
  summary: "What runs, what ended, what needs a person; with an id, its steps",
  about: [
    "ID may be the end of an id that names only one operation. With --on all: every host of infra/hosts.yml in one",
    "table; exit code 69 when one of them could not be asked.",
  ].join("\n"),
  options: [],
  examples: [
    "garza status",
    "garza status op_01JD8Z7Q3K5X9ABCD2",
    "garza status ABCD2 --json",
    "garza status --on web1",
    "garza status --on all",
  ],
  async run(call) {
    const [id] = call.args;
    return id === undefined ? showAll(call) : showOperation(call, id);
  },
  async onAll(call) {
    const [id] = call.args;
    if (id === undefined) return (await import("../remote/status-all-hosts.ts")).statusOfAllHosts(call, overviewHere);
    throw problem({
      kind: "usage",
      message: "an operation is on one host",
      hint: `Name it: garza status ${id} --on HOST`,
    });
  },
};

/** The document of `garza status --json` here. */
async function overviewHere(call: Call): Promise<Mapping> {
  const { noStats, openQueueReader } = await import("../queue-reader.ts");
  const { emptyOverview, overview, overviewDocument } = await import("../status-all.ts");
  const places = openPlaces(call);
  const queue = openQueueReader(places, call.terminal);
  try {
    return overviewDocument(queue ? overview(queue) : emptyOverview(noStats(places, call.terminal)));
  } finally {
    queue?.close();
  }
}

async function showAll(call: Call): Promise<number> {
  const { flag, terminal } = call;
  const { noStats, openQueueReader } = await import("../queue-reader.ts");
  const { emptyOverview, overview, overviewDocument } = await import("../status-all.ts");
  const { neverRun, overviewText } = await import("../status-all-text.ts");
  const places = openPlaces(call);
  const queue = openQueueReader(places, terminal);
  const all = queue ? overview(queue) : emptyOverview(noStats(places, terminal));
  queue?.close();
  if (flag("json")) terminal.out.write(json(overviewDocument(all)));
  else if (!queue) terminal.out.write(`${neverRun}\n`);
  else {
    terminal.out.write(overviewText(all, lookOf(terminal)));
  }
  return 0;
}
