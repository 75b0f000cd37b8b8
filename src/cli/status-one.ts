/** `garza status ID`: the operation, its steps, what is known after a crash, and what to do next. */
import type { OperationEvidence, StepEvidence } from "../queue/evidence.ts";
import type { History } from "../queue/history.ts";
import type { OperationRow, StepRow } from "../queue/rows.ts";
import { duration, oneLine, type Paint, paintStatus, table, time } from "./output.ts";
import { operationDocument, stepDocument } from "./rows.ts";
import { nextSteps, quoted } from "./summary.ts";

export type Report = { operation: OperationRow; steps: StepRow[]; evidence: OperationEvidence; nested: Report[] };

/** `show` masks a step's row: the journal holds values as later steps need them. */
export function reportOf(history: History, id: string, show: (row: StepRow, of: OperationRow) => StepRow): Report {
  const operation = history.operation(id);
  return {
    operation,
    steps: history.steps(operation.id).map((row) => show(row, operation)),
    evidence: history.evidence(operation.id),
    nested: history.children(operation.id).map((child) => reportOf(history, child.id, show)),
  };
}

export function reportDocument({ operation, steps, evidence, nested }: Report): object {
  return {
    ...operationDocument(operation),
    alive: evidence.alive,
    steps: steps.map(stepDocument),
    evidence: evidence.steps,
    nested: nested.map(reportDocument),
  };
}

export function reportText(report: Report, paint: Paint, now: number): string {
  const { operation, evidence } = report;
  const blocks = [
    headText(report, paint, now),
    stepsText(report, paint, now),
    ...report.nested.map(
      (nested) =>
        `${paint.strong("Nested")}\n${reportText(nested, paint, now)
          .replace(/^(?=.)/gm, "  ")
          .trimEnd()}`,
    ),
    isLeft(report) ? `${paint.odd("What is known")}\n${evidenceText(evidence.steps)}` : "",
    operation.parent === null ? nextText(report) : "",
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** The row says `running`, and nobody runs it; or that was recorded already. */
const isLeft = ({ operation, evidence }: Report) =>
  operation.status === "interrupted" || (operation.status === "running" && !evidence.alive);

function headText({ operation, evidence }: Report, paint: Paint, now: number): string {
  const { started_at, ended_at, status } = operation;
  const gone = status === "running" && !evidence.alive ? paint.odd(", but the process that ran it is gone") : "";
  const spent = started_at === null || gone || status === "interrupted" ? "" : duration((ended_at ?? now) - started_at);
  const rows: [string, string][] = [
    ["operation", operation.id],
    ["template", oneLine(operation.template)],
    [
      "status",
      `${paintStatus(paint, status)}${operation.reason && operation.reason !== status ? ` (${operation.reason})` : ""}${gone}`,
    ],
    ["asked by", `${oneLine(operation.asked_by)}, ${time(operation.queued_at)}`],
    ["took", spent],
    [
      "parameters",
      Object.entries(operationDocument(operation).parameters ?? {})
        .map(parameterText)
        .join("  "),
    ],
    ["failed step", oneLine(operation.failed_step ?? "")],
    ["error", oneLine(operation.error ?? "")],
    ["rollback", operation.rollback === "none" ? "" : operation.rollback],
    ["attention", oneLine(operation.attention ?? "")],
  ];
  return table(rows.filter(([, value]) => value !== ""));
}

function parameterText([name, value]: [string, unknown]): string {
  const isSecret = typeof value === "object" && value !== null && Object.hasOwn(value, "$secret");
  return oneLine(`${name}=${isSecret ? "•••" : JSON.stringify(value)}`);
}

function stepsText({ steps, evidence }: Report, paint: Paint, now: number): string {
  if (steps.length === 0) return "";
  const rows = steps.map((row) => {
    const open = evidence.steps.some(({ key }) => key === row.key) && !evidence.alive;
    const status = row.status === "running" && open ? paint.odd("unknown") : paintStatus(paint, row.status);
    const spent =
      row.status === "skipped" || (row.ended_at === null && open)
        ? ""
        : duration((row.ended_at ?? now) - row.started_at);
    return [`  ${status}`, spent, oneLine(labelOf(row)), oneLine(resultText(row))];
  });
  return `${paint.strong("Steps")}\n${table(rows)}`;
}

/** Its place tells more than its name where it is nested. */
function labelOf({ name, key, attempt, parent, phase }: StepRow): string {
  const place = parent === null ? name : key.replace(/^steps\//, "");
  return `${phase === "steps" ? "" : `${phase}: `}${place}${attempt > 1 ? ` (attempt ${attempt})` : ""}`;
}

function resultText({ result, status }: StepRow): string {
  if (result === null) return "";
  const { error, value } = JSON.parse(result) as { error?: string | null; value?: unknown };
  if (error) return error;
  return status === "success" && value !== null && value !== undefined ? JSON.stringify(value).slice(0, 60) : "";
}

function evidenceText(steps: readonly StepEvidence[]): string {
  if (steps.length === 0) return "  no step was running";
  return steps.map((step) => `  ${oneLine(step.name)}: ${evidenceOf(step)}`).join("\n");
}

function evidenceOf({ state, exitCode }: StepEvidence): string {
  if (state === "never-started") return "its command was never started";
  if (state === "running") return "its command still runs by itself";
  if (state === "exited") return `its command ended with exit ${exitCode}, which nobody was there to record`;
  return "nobody can tell from here whether it took effect: look at what it changes";
}

function nextText(report: Report): string {
  const { operation, evidence } = report;
  const { id, status } = operation;
  if (status === "running" && evidence.alive) return `Follow it:  garza logs ${id} -f`;
  if (isLeft(report)) return table(carryOn(report));
  if (status === "queued") return `Accepted, and nobody runs it:  garza queue resume ${id}`;
  if (status !== "failed" && status !== "cancelled") return "";
  const end = { ...operation, status, type: "operation-ended" as const, duration_ms: 0 };
  return table(nextSteps(end).filter(([what]) => what !== "details:"));
}

/** A step that nobody can tell of is settled by a person first; the rest is judged by what is known. */
function carryOn({ operation: { id }, evidence }: Report): [string, string][] {
  const open = evidence.steps.filter(({ state }) => state === "gone");
  return [
    ["Output:", `garza logs ${id}`],
    ["Carry on:", `garza queue resume ${id}`],
    ...open.map(({ name }): [string, string] => [
      "If it can't tell:",
      `garza queue resolve ${id} --step ${quoted(name)} --as done|not-done|failed`,
    ]),
  ];
}
