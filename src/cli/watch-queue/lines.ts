/** Changes of the queue as lines on standard output, as text or as JSON. */
import { operationDocument } from "../../queue/documents.ts";
import { duration, jsonLine, oneLine } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { type Change, trackChanges } from "./changes.ts";
import type { QueueView } from "./loop.ts";

export function openQueueLines({ out, clock }: Terminal, json: boolean): QueueView {
  const changes = trackChanges();
  return {
    look(queue) {
      if (!queue) return;
      for (const change of changes(queue)) {
        const at = new Date(clock.now()).toISOString();
        out.write(json ? jsonLine({ at, ...documentOf(change) }) : `${at} ${oneLine(textOf(change))}\n`);
      }
    },
    tick() {},
    close() {},
  };
}

function documentOf(change: Change): object {
  if (change.type !== "operation") return change;
  const { type, row, waiting, step, isLeft } = change;
  return { type, operation: { ...operationDocument(row, waiting), current_step: step, alive: !isLeft } };
}

function textOf(change: Change): string {
  switch (change.type) {
    case "agent":
      return change.agent
        ? `agent ${change.agent.command} (process ${change.agent.pid}), ${change.agent.workers} at once`
        : "no agent runs";
    case "paused": {
      const { template, by, reason } = change.pause;
      return `paused ${template ?? "the queue"}, by ${by}${reason ? ` (${reason})` : ""}`;
    }
    case "unpaused":
      return `unpaused ${change.template ?? "the queue"}`;
    case "operation":
      return `${change.row.id} ${change.row.template} ${stateOf(change)}`;
  }
}

function stateOf({ row, waiting, step, isLeft }: Change & { type: "operation" }): string {
  const { status, priority, started_at, ended_at, failed_step, error, rollback } = row;
  if (isLeft) return "died: the process that ran it is gone";
  if (status === "queued") return `queued, priority ${priority}${waiting ? `: ${waiting}` : ""}`;
  if (status === "running") return step ? `running, step ${step.name}` : "running";
  const spent = started_at !== null && ended_at !== null ? ` after ${duration(ended_at - started_at)}` : "";
  const where = failed_step ? ` in ${failed_step}` : "";
  return `${status}${where}${spent}${error ? `: ${error}` : ""}${rollback === "none" ? "" : `; rollback ${rollback}`}`;
}
