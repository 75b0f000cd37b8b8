/** `garza queue show ID --tree`: the operation, its steps, loops, branches and nested operations as a tree. */
import type { StepEvidence } from "../queue/evidence.ts";
import type { OperationRow, StepRow } from "../queue/rows.ts";
import type { Marks } from "./marks.ts";
import { duration, oneLine, type Paint, paintStatus } from "./output.ts";
import type { Report } from "./status-one.ts";

export type TreeLook = { paint: Paint; marks: Marks; now: number; width: number };

type Node = { text: string; children: Node[] };

/** The lines are cut to the width. */
export function treeText(report: Report, look: TreeLook): string {
  const { paint, marks, width } = look;
  const { branch, last, through, gap } = marks.tree;
  const below = ({ children }: Node, indent: string): string[] =>
    children.flatMap((child, at) => {
      const isLast = at === children.length - 1;
      return [
        `${paint.faint(`${indent}${isLast ? last : branch}`)}${child.text}`,
        ...below(child, `${indent}${isLast ? gap : through}`),
      ];
    });
  const root = operationNode(report, look);
  const lines = [root.text, ...below(root, "")];
  const cut = Number.isFinite(width) ? lines.map((line) => Bun.sliceAnsi(line, 0, width, marks.more)) : lines;
  return `${cut.join("\n")}\n`;
}

function operationNode(report: Report, look: TreeLook): Node {
  const { operation, evidence, waiting } = report;
  const { id, template, status, started_at, ended_at, error } = operation;
  const { paint, now } = look;
  const isGone = status === "running" && !evidence.alive;
  const lasts = ended_at !== null || (status === "running" && !isGone);
  const notes = [
    isGone ? paint.odd("died") : paintStatus(paint, status),
    lasts && started_at !== null ? paint.faint(duration((ended_at ?? now) - started_at)) : "",
    oneLine((status === "success" ? null : error) ?? waiting ?? ""),
  ];
  return {
    text: [paint.strong(oneLine(template)), id, ...notes].filter(Boolean).join("  "),
    children: stepNodes(report, null, look),
  };
}

/** The steps within a step (null: at the top), those of one turn of a loop or of one branch together. */
function stepNodes(report: Report, parent: string | null, look: TreeLook): Node[] {
  const groups = Map.groupBy(attemptsOf(report.steps.filter((row) => row.parent === parent)), ([row]) =>
    placeOf(row, parent),
  );
  return [...groups].flatMap(([place, steps]) => {
    const [only] = steps;
    if (only && (place === "" || steps.length === 1)) return steps.map((rows) => stepNode(report, rows, place, look));
    return [{ text: place, children: steps.map((rows) => stepNode(report, rows, "", look)) }];
  });
}

type Attempts = [last: StepRow, ...before: StepRow[]];

function attemptsOf(rows: readonly StepRow[]): Attempts[] {
  const steps = new Map<string, Attempts>();
  for (const row of rows) steps.set(row.key, [row, ...(steps.get(row.key) ?? [])]);
  return [...steps.values()];
}

/** `steps/each[3]/steps/check` within `steps/each` is in `[3]`, `steps/both/left/look` within `steps/both` in `left`. */
function placeOf({ key, phase }: StepRow, parent: string | null): string {
  if (parent === null) return phase === "steps" ? "" : phase;
  const [, turn = "", branch = ""] = /^(\[\d+\])?\/([^/]+)\//.exec(key.slice(parent.length)) ?? [];
  return [turn, branch === "steps" ? "" : oneLine(branch)].filter(Boolean).join(" ");
}

function stepNode(report: Report, [row, ...before]: Attempts, place: string, look: TreeLook): Node {
  const { paint, now } = look;
  const open = report.evidence.alive ? undefined : report.evidence.steps.find(({ key }) => key === row.key);
  const isOver = row.status === "skipped" || (row.ended_at === null && (open || !report.evidence.alive));
  const attempts = before.length + 1;
  const words = [
    `${markOf(row, open, look)} ${place === "" ? "" : `${place} `}${oneLine(row.name)}`,
    isOver ? "" : paint.faint(duration((row.ended_at ?? now) - row.started_at)),
    attempts > 1 ? paint.odd(`${attempts} attempts`) : "",
    paint.faint(oneLine(noteOf(row, open))),
  ];
  const nested = report.nested.filter(({ operation }) => isWithin(operation, row.key));
  return {
    text: words.filter(Boolean).join("  "),
    children: [...stepNodes(report, row.key, look), ...nested.map((each) => operationNode(each, look))],
  };
}

const isWithin = ({ parent_step }: OperationRow, key: string) => parent_step?.replace(/@\d+$/, "") === key;

function markOf({ status }: StepRow, open: StepEvidence | undefined, { paint, marks }: TreeLook): string {
  if (status === "running") return open ? paint.odd(marks.unknown) : paint.strong(marks.running);
  const paints = { success: paint.good, failed: paint.bad, skipped: paint.faint, unknown: paint.odd };
  return paints[status](marks[status]);
}

function noteOf({ status, result }: StepRow, open: StepEvidence | undefined): string {
  if (status === "running" && open) return stateWords[open.state];
  const { error } = JSON.parse(result ?? "{}") as { error?: string | null };
  if (status === "skipped") return error ? `skipped: ${error}` : "skipped";
  return error ?? "";
}

const stateWords: Record<StepEvidence["state"], string> = {
  "never-started": "its command was never started",
  running: "its command still runs by itself",
  exited: "its command ended, and nobody recorded it",
  gone: "nobody can tell what became of it",
};
