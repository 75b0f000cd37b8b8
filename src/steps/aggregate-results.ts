import { z } from "zod";
import type { Mapping } from "../core/value.ts";
import { labelOf, needLoop } from "./loop-records.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done, type ItemRecord } from "./step.ts";

const outputs = ["total_services", "healthy_count", "unhealthy_count", "service_details"] as const;

export const aggregateResults = defineStep({
  summary: "Make a report of a loop's results.",
  schema: z.strictObject({
    format: z.enum(["markdown", "json", "text"]).default("markdown").describe("Form of the report."),
    from: wordSchema.optional().describe("Name of the foreach step (default: the last one)."),
  }),
  sets: () => outputs,
  effect: "read-only",
  plan: ({ format, from }) => [{ label: "report", text: `${format}, of ${from ?? "the last loop"}` }],

  async run({ format, from }, context) {
    const rows = needLoop(context, from).map(readRow);
    const report: Mapping & Record<(typeof outputs)[number], Mapping[string]> = {
      total_services: rows.length,
      healthy_count: rows.filter(({ healthy }) => healthy).length,
      unhealthy_count: rows.filter(({ healthy }) => !healthy).length,
      service_details: rows.map(showRow).join("\n"),
    };
    const summary = `${report.healthy_count} of ${rows.length} healthy`;
    const forms = {
      markdown: () =>
        [`**${summary}**`, "", "| Service | Status | Details |", "| --- | --- | --- |", ...rows.map(tableRow)].join(
          "\n",
        ),
      text: () => [summary, ...rows.map(showRow)].join("\n"),
      json: () => ({ ...report, service_details: rows }),
    };
    return done(forms[format](), {}, report);
  },
});

type Row = { name: string; status: string; healthy: boolean; details: string };

/** Healthy by what the item's check said, or else by how its steps ended. */
function readRow(record: ItemRecord): Row {
  const said = record.values.health_status;
  const status = typeof said === "string" && said !== "" ? said : record.status === "success" ? "ok" : record.status;
  return { name: labelOf(record.item), status, healthy: status === "ok", details: record.error ?? "" };
}

const showRow = ({ name, status, details }: Row) => `- ${name}: ${status}${details && ` (${details})`}`;

const tableRow = ({ name, status, details }: Row) => `| ${[name, status, details].map(cell).join(" | ")} |`;

const cell = (text: string) =>
  text
    .replaceAll("\\", "\\\\")
    .replaceAll("|", "\\|")
    .replaceAll(/\s*\n\s*/g, " ");
