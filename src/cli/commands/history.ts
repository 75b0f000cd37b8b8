import type { OperationStatus } from "../../core/events.ts";
import { problem } from "../../core/problem.ts";
import { operationDocument } from "../../queue/documents.ts";
import type { History } from "../../queue/history.ts";
import type { OperationRow } from "../../queue/rows.ts";
import type { Call, Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { json, table } from "../output.ts";
import { readPast } from "../point-in-time.ts";
import { leftBehind } from "../queue-reader.ts";
import { cutLines, fittedCells, lookOf } from "../rows.ts";
import { neverRun } from "../status-all-text.ts";
import { readLimit, readStatus, statuses } from "../statuses.ts";

export const history: Command = {
  name: "history",
  takes: "",
  summary: "Operations, newest first",
  about: [
    "--since and --until are about the time at which it was submitted: 2030-01-31T12:00:00Z, or 2h for two hours ago.",
    "NAME is ada@web1, or ada on any machine.",
  ].join("\n"),
  options: [
    { flags: "--status <status>", says: `Only these: ${statuses.join(", ")}` },
    { flags: "--failed", says: "Only those that failed" },
    { flags: "--template <template>", says: "Only those of this template" },
    { flags: "--by <name>", says: "Only those that this person asked for" },
    { flags: "--since <time>", says: "Only those submitted since then" },
    { flags: "--until <time>", says: "Only those submitted until then" },
    { flags: "--limit <n>", says: "At most so many (default 20)" },
    { flags: "--before <id>", says: "Only older ones than this operation, for the next page" },
  ],
  examples: [
    "garza history --failed --since 24h",
    "garza history --by ada --until 2030-01-31T12:00:00Z",
    "garza history --template deploy/web --limit 5 --json",
  ],
  async run(call) {
    const { flag, value, terminal } = call;
    const filter = readFilter(call);
    const { openHistory } = await import("../../queue/history.ts");
    const places = openPlaces(call);
    const opened = openHistory(places);
    const before = value("before");
    const rows = opened ? select(opened, filter, before && opened.operation(before).sequence) : [];
    const died = opened ? leftBehind(opened, rows, places) : new Set();
    opened?.close();
    if (flag("json")) terminal.out.write(json(rows.map((row) => operationDocument(row))));
    else if (rows.length > 0) {
      const look = lookOf(terminal);
      const cells = rows.map((row) => fittedCells(row, look, !died.has(row.id)));
      terminal.out.write(`${cutLines(table(cells), look)}\n`);
    } else terminal.err.write(`${opened ? "No such operations." : neverRun}\n`);
    return 0;
  },
};

type Filter = {
  status: OperationStatus | undefined;
  template: string | undefined;
  by: string | undefined;
  since: number;
  until: number;
  limit: number;
};

function readFilter({ value, flag, terminal }: Call): Filter {
  const status = readStatus(value("status"), (typed) => `--status ${typed}`);
  if (flag("failed") && status !== undefined && status !== "failed")
    throw problem({ kind: "usage", message: `--failed and --status ${status} leave nothing over` });
  const now = terminal.clock.now();
  const [since, until] = [value("since"), value("until")];
  return {
    status: flag("failed") ? "failed" : status,
    template: value("template"),
    by: value("by"),
    since: since === undefined ? Number.NEGATIVE_INFINITY : readPast(since, now),
    until: until === undefined ? Number.POSITIVE_INFINITY : readPast(until, now),
    limit: readLimit(value("limit")),
  };
}

const pageSize = 200;

/** Page by page, until there are enough. */
function select(history: History, filter: Filter, before: number | "" | undefined): OperationRow[] {
  const { status, template, by, since, until, limit } = filter;
  const isWanted = ({ asked_by, queued_at }: OperationRow) =>
    queued_at >= since && queued_at <= until && (by === undefined || asked_by === by || asked_by.startsWith(`${by}@`));
  const found: OperationRow[] = [];
  for (let behind = before || undefined; found.length < limit; ) {
    const page = history.list({
      limit: pageSize,
      ...(status && { status }),
      ...(template && { template }),
      ...(behind !== undefined && { before: behind }),
    });
    found.push(...page.filter(isWanted));
    behind = page.at(-1)?.sequence;
    // Of a whole page that is too old no older one is wanted; a clock that was set back may have mixed a few.
    if (page.length < pageSize || page.every(({ queued_at }) => queued_at < since)) break;
  }
  return found.slice(0, limit);
}
