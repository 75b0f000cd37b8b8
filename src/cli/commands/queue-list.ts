import type { OperationFilter } from "../../api/reader.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { json, table } from "../output.ts";
import { leftBehind, openQueueReader } from "../queue-reader.ts";
import { cutLines, lookOf, queueCells } from "../rows.ts";
import { readLimit, readStatus, statuses } from "../statuses.ts";

export const list: Command = {
  name: "queue list",
  takes: "[status]",
  summary: "Operations of the queue, and why they wait",
  about: [
    `STATUS is ${statuses.join(", ")}; without one, all are listed, newest first.`,
    "Queued ones are listed in the order in which they will run.",
  ].join("\n"),
  options: [
    { flags: "--template <name>", says: "Only those of this template" },
    { flags: "--limit <n>", says: "At most so many (default 20)" },
    { flags: "--cursor <cursor>", says: "The next page, from `next` of the page before" },
  ],
  examples: [
    "garza queue list",
    "garza queue list queued --template deploy/web",
    "garza queue list failed --json | jq -r .operations[].id",
  ],
  async run(call) {
    const { args, value, flag, terminal } = call;
    const status = readStatus(args[0], (typed) => typed);
    const [template, cursor] = [value("template"), value("cursor")];
    const filter: OperationFilter = {
      limit: readLimit(value("limit")),
      ...(status && { status }),
      ...(template !== undefined && { template }),
      ...(cursor !== undefined && { cursor }),
    };
    const opened = openQueueReader(openPlaces(call), terminal);
    const page = opened?.reader.list(filter) ?? { operations: [], next: null };
    const running = page.operations.filter((operation) => operation.status === "running");
    const died = opened
      ? leftBehind(
          opened.history,
          running.map(({ id }) => opened.history.operation(id)),
          opened.places,
        )
      : new Set();
    opened?.close();
    if (flag("json")) terminal.out.write(json(page));
    else if (page.operations.length > 0) {
      const look = lookOf(terminal);
      const cells = page.operations.map((operation) => queueCells(operation, look, !died.has(operation.id)));
      terminal.out.write(`${cutLines(table(cells), look)}\n`);
      if (page.next !== null) terminal.err.write(`more: --cursor ${page.next}\n`);
    } else
      terminal.err.write(
        `${status ? `No operation is ${status}.` : "Nothing was added yet. Try: garza queue add demo/hello"}\n`,
      );
    return 0;
  },
};
