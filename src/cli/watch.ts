/** Follows an operation on the screen to its end, whoever runs it. */
import { outcomeOf } from "../agent/outcome.ts";
import type { Control } from "../api/control.ts";
import type { Places } from "../core/config.ts";
import type { OperationEvent } from "../core/events.ts";
import type { Masker } from "../core/redact.ts";
import type { Outcome } from "../engine/execute.ts";
import { openHistory } from "../queue/history.ts";
import type { OperationRow } from "../queue/rows.ts";
import { followOutput, noOutput } from "./follow-output.ts";
import type { View } from "./view.ts";

export type Watching = {
  places: Places;
  control: Control;
  /** Masks what steps print. */
  masker: Masker;
  view: View;
  json: boolean;
  id: string;
  /** The last event that is not shown. */
  after: number;
  /** Stops watching. */
  signal: AbortSignal;
  /** The operation as it is by then. */
  row(): OperationRow;
};

/** Undefined when it was stopped before the end. */
export async function watch(watching: Watching): Promise<Outcome | undefined> {
  const { places, control, masker, view, json, id, after, signal, row } = watching;
  const output = json ? noOutput : followOutput(places.data, masker, view);
  let queue = Promise.resolve();
  const show = (event: OperationEvent) => {
    queue = queue.then(async () => {
      // Before its first line, that a step was started; only after its last one, that it has ended.
      if (event.type === "step-started") view.event(event);
      await output.event(event);
      if (event.type !== "step-started") view.event(event);
    });
  };
  try {
    for (const event of openSteps(places, id, after)) show(event);
    for await (const event of control.follow(id, after, signal)) show(event);
  } finally {
    await queue;
    await output.close();
  }
  return signal.aborted ? undefined : outcomeOf(row());
}

/** Steps that were begun before, and run on: their output is of interest. */
function openSteps(places: Places, id: string, after: number): OperationEvent[] {
  if (after === 0) return [];
  const history = openHistory(places);
  const open = new Set(
    history
      ?.steps(id)
      .filter(({ status }) => status === "running")
      .map(({ sequence }) => sequence),
  );
  const events = history?.events(id).filter((event) => event.type === "step-started" && open.has(event.row)) ?? [];
  history?.close();
  return events.filter(({ sequence }) => sequence <= after);
}
