import type { OperationStatus } from "../../core/events.ts";
import { didYouMean } from "../../core/nearest.ts";
import { problem } from "../../core/problem.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { json, paintFor, table } from "../output.ts";
import { operationCells, operationDocument } from "../rows.ts";

const statuses: readonly OperationStatus[] = ["queued", "running", "success", "failed", "cancelled", "interrupted"];

export const history: Command = {
  name: "history",
  takes: "",
  summary: "Operations, newest first",
  options: [
    { flags: "--status <status>", says: `Only these: ${statuses.join(", ")}` },
    { flags: "--template <name>", says: "Only those of this template" },
    { flags: "--limit <n>", says: "At most so many (default 20)" },
    { flags: "--before <id>", says: "Only older ones than this operation, for the next page" },
  ],
  examples: ["garza history --status failed", "garza history --template deploy/web --limit 5 --json"],
  async run(call) {
    const { value, flag, terminal } = call;
    const filter = {
      status: readStatus(value("status")),
      template: value("template"),
      limit: readLimit(value("limit")),
    };
    const { openHistory } = await import("../../queue/history.ts");
    const opened = openHistory(openPlaces(call));
    const before = value("before");
    const rows =
      opened?.list({
        limit: filter.limit,
        ...(filter.status && { status: filter.status }),
        ...(filter.template && { template: filter.template }),
        ...(before && { before: opened.operation(before).sequence }),
      }) ?? [];
    const dead = new Set(rows.filter(({ id, status }) => status === "running" && !opened?.evidence(id).alive));
    opened?.close();
    if (flag("json")) terminal.out.write(json(rows.map(operationDocument)));
    else if (rows.length > 0) {
      const paint = paintFor(terminal.out, terminal.env);
      terminal.out.write(
        `${table(rows.map((row) => operationCells(row, terminal.clock.now(), paint, !dead.has(row))))}\n`,
      );
    } else
      terminal.err.write(`${opened ? "No such operations." : "Nothing has run here yet. Try: garza run demo/hello"}\n`);
    return 0;
  },
};

function readStatus(text: string | undefined): OperationStatus | undefined {
  const status = statuses.find((known) => known === text);
  if (text === undefined || status) return status;
  throw problem({
    kind: "usage",
    message: `--status ${text} is none of ${statuses.join(", ")}.${didYouMean(text, statuses)}`,
  });
}

function readLimit(text = "20"): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw problem({ kind: "usage", message: `--limit ${text} is not a number from 1 to 999999` });
}
