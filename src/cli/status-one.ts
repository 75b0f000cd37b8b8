/** `garza status ID`: the operation, its steps, what is known after a crash, and what to do next. */
import { operationDocument, stepDocument } from "../queue/documents.ts";
import type { OperationEvidence, StepEvidence } from "../queue/evidence.ts";
import type { OperationRow, StepRow } from "../queue/rows.ts";
import { type Advice, adviceFor, openSteps } from "./advice.ts";
import { duration, oneLine, type Paint, paintStatus, table, time } from "./output.ts";
import type { QueueReader } from "./queue-reader.ts";
import { nextSteps } from "./summary.ts";

export type Report = {
  operation: OperationRow;
  /** Why it waits. */
  waiting: string | null;
  steps: StepRow[];
  evidence: OperationEvidence;
  /** Of the evidence, what tells something about what the operation did. */
  open: StepEvidence[];
  advice: Advice | null;
  nested: Report[];
};

/** `show` masks a step's row: the journal holds values as later steps need them. */
export function reportOf(queue: QueueReader, id: string, show: (row: StepRow, of: OperationRow) => StepRow): Report {
  const { history, agent, surroundings } = queue;
  const operation = history.operation(id);
  const evidence = history.evidence(operation.id);
  const isLeft = operation.status === "running" && !evidence.alive;
  return {
    operation,
    waiting: history.waiting(operation, surroundings),
    steps: history.steps(operation.id).map((row) => show(row, operation)),
    evidence,
    open: openSteps(history, operation.id),
    advice: adviceFor(history, operation, { agent, isLeft }),
    nested: history.children(operation.id).map((child) => reportOf(queue, child.id, show)),
  };
}

export function reportDocument({ operation, waiting, steps, evidence, advice, nested }: Report): object {
  return {
    ...operationDocument(operation, waiting),
    alive: evidence.alive,
    steps: steps.map(stepDocument),
    evidence: evidence.steps,
    next: advice?.next.map(([, command]) => command) ?? [],
    nested: nested.map(reportDocument),
  };
}

export function reportText(report: Report, paint: Paint, now: number): string {
  const { operation, open } = report;
  const blocks = [
    headText(report, paint, now),
    stepsText(report, paint, now),
    ...report.nested.map(
      (nested) =>
        `${paint.strong("Nested")}\n${reportText(nested, paint, now)
          .replace(/^(?=.)/gm, "  ")
          .trimEnd()}`,
    ),
    isLeft(report) ? `${paint.odd("What is known")}\n${evidenceText(open)}` : "",
    operation.parent === null ? nextText(report) : "",
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** It has begun, and nobody runs it now: what its steps left behind counts. */
const isLeft = ({ operation: { status, started_at }, evidence }: Report) =>
  status === "interrupted" ||
  (status === "running" && !evidence.alive) ||
  (status === "queued" && started_at !== null && evidence.steps.length > 0);

function headText({ operation, evidence, waiting }: Report, paint: Paint, now: number): string {
  const { started_at, ended_at, status } = operation;
  const gone = status === "running" && !evidence.alive ? paint.odd(", but the process that ran it is gone") : "";
  const lasts = (status === "running" && !gone) || ended_at !== null;
  const spent = started_at !== null && lasts ? duration((ended_at ?? now) - started_at) : "";
  const rows: [string, string][] = [
    ["operation", operation.id],
    ["template", oneLine(operation.template)],
    [
      "status",
      `${paintStatus(paint, status)}${operation.reason && operation.reason !== status ? ` (${operation.reason})` : ""}${gone}`,
    ],
    ["waits", oneLine(waiting ?? "")],
    ["priority", ended_at === null ? String(operation.priority) : ""],
    ["asked by", `${oneLine(operation.asked_by)}, ${time(operation.queued_at)}`],
    [ended_at === null ? "for" : "took", spent],
    ["retry of", operation.retry_of ?? ""],
    ["rolls back", operation.rollback_of ?? ""],
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
  const hasValue = status === "success" && value !== null && value !== undefined && value !== "";
  return hasValue ? JSON.stringify(value).slice(0, 60) : "";
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

function nextText({ operation, evidence, advice }: Report): string {
  const { id, status } = operation;
  const output: [string, string] = ["Output:", `garza logs ${id}`];
  if (advice && advice.next.length > 0) {
    const next = advice.next.filter(([, command]) => command !== output[1]);
    return table([output, ...next.map(([what, command]): [string, string] => [capital(what), command])]);
  }
  if (status === "running" && evidence.alive)
    return table([
      ["Follow it:", `garza logs ${id} -f`],
      ["Stop it:", `garza queue cancel ${id}`],
    ]);
  if (status === "queued")
    return table([
      ["Follow it:", `garza logs ${id} -f`],
      ["Take it out:", `garza queue cancel ${id}`],
    ]);
  if (status !== "failed" && status !== "cancelled") return "";
  const end = { ...operation, status, type: "operation-ended" as const, duration_ms: 0 };
  const next = nextSteps(end).filter(([what]) => what !== "details:");
  return table([
    ...next.map(([what, command]) => [capital(what), command]),
    ["Run it again:", `garza queue retry ${id}`],
  ]);
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
