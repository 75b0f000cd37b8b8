/** Why an operation needs a person, or an agent, and what to type: one place for every fault. */
import type { StepEvidence } from "../queue/evidence.ts";
import type { History } from "../queue/history.ts";
import type { OperationRow } from "../queue/rows.ts";
import { idleTypes } from "../queue/take-over.ts";
import type { Owner } from "../store/owner.ts";
import { familyOf } from "./family.ts";
import { quoted } from "./summary.ts";

/** `next`: what for, and the command. */
export type Advice = { why: string; next: [what: string, command: string][] };

export type Situation = {
  agent: Owner | null;
  /** The row says `running`, and its process is gone. */
  isLeft: boolean;
};

/** Null for an operation that is well, or that an agent carries on by itself. */
export function adviceFor(history: History, row: OperationRow, { agent, isLeft }: Situation): Advice | null {
  const { id, status, started_at, reason, attention } = row;
  if (row.parent !== null) return null;
  if (status === "interrupted") return interrupted(history, row);
  if (isLeft) return { why: "the process that ran it is gone", next: carryOn(history, id, agent) };
  if (status === "queued" && started_at !== null)
    return isTakenUp(row, agent) ? null : { why: whyLeft(row), next: carryOn(history, id, agent) };
  if (attention === null && reason !== "crash_loop") return null;
  return row.ended_at === null ? null : ended(row);
}

/** `garza run` runs what is submitted to it, and leaves alone what others left. */
function isTakenUp({ reason, waiting_for }: OperationRow, agent: Owner | null): boolean {
  if (agent?.command !== "garza run") return agent !== null;
  return waiting_for !== null || reason === "resumed" || reason === "lock";
}

function whyLeft({ reason, cancel_by }: OperationRow): string {
  if (cancel_by !== null) return `${cancel_by} asked to cancel it, and it is not rolled back yet`;
  if (reason === "process_died") return "the process that ran it is gone";
  if (reason === "drained") return "the agent that ran it was stopped";
  return "it has begun, and no agent runs";
}

function carryOn(history: History, id: string, agent: Owner | null): Advice["next"] {
  const what = history.operation(id).cancel_by === null ? "carry it on:" : "carry that out:";
  return [
    [what, `garza queue resume ${id}`],
    ...(agent ? [] : [["or all, by an agent:", "garza agent"] as [string, string]]),
    ...unknownSteps(history, id).map((name): [string, string] => ["if it can't tell:", resolving(id, name)]),
  ];
}

function interrupted(history: History, row: OperationRow): Advice {
  const { id, error, attention, failed_step } = row;
  const unknown = unknownSteps(history, id, failed_step);
  const settle = unknown.map((name): [string, string] => ["say what became of it:", resolving(id, name)]);
  return {
    why: error ?? attention ?? "interrupted",
    next: [
      ...(settle.length > 0 ? settle : [["carry it on:", `garza queue resume ${id}`] as [string, string]]),
      ["or roll it back:", `garza queue rollback ${id}`],
    ],
  };
}

function ended({ id, rollback, rollback_of, reason, attention, error }: OperationRow): Advice {
  const output: [string, string] = ["output:", `garza logs ${id}`];
  const why = [error, attention].filter(Boolean).join("; ");
  if (rollback === "failed")
    return { why, next: [output, ["roll it back again:", `garza queue rollback ${rollback_of ?? id}`]] };
  if (reason === "lock_lost")
    return { why, next: [output, ["roll it back, with its locks:", `garza queue rollback ${id}`]] };
  if (reason === "crash_loop") return { why, next: [output, ["run it again:", `garza queue retry ${id}`]] };
  return { why, next: [] };
}

/** Names of steps, nested ones too, of which nothing tells what they did; `known`: found so before. */
function unknownSteps(history: History, id: string, known: string | null = null): string[] {
  const names = familyOf(history, history.operation(id)).flatMap((each) =>
    openSteps(history, each.id)
      .filter(({ state, name }) => state === "gone" || name === known)
      .map(({ name }) => name),
  );
  return [...new Set(names)];
}

/** Steps without a recorded result that do something by themselves: not those that only wait or hold others. */
export function openSteps(history: History, id: string): StepEvidence[] {
  const idle = new Set(history.steps(id).flatMap(({ key, step_type }) => (idleTypes.has(step_type) ? [key] : [])));
  return history.evidence(id).steps.filter(({ key }) => !idle.has(key));
}

const resolving = (id: string, step: string) =>
  `garza queue resolve ${id} --step ${quoted(step)} --as done|not-done|failed`;
