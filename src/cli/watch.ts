/** Follows an operation on the screen to its end, whoever runs it. */
import { type EndedRow, outcomeOf } from "../agent/outcome.ts";
import type { Control, OutputPiece } from "../api/control.ts";
import type { Places } from "../core/config.ts";
import type { OperationEvent } from "../core/events.ts";
import type { Outcome } from "../engine/execute.ts";
import { openHistory } from "../queue/history.ts";
import { lineReader } from "./line-reader.ts";
import type { View } from "./view.ts";

export type Watching = {
  /** Of the journal here, where it is here. */
  places: Places | null;
  control: Pick<Control, "watch">;
  view: View;
  json: boolean;
  id: string;
  /** The last event that is not shown. */
  after: number;
  /** Stops watching. */
  signal: AbortSignal;
  /** The operation as it is by then. */
  row(): EndedRow | Promise<EndedRow>;
};

/** Undefined when it was stopped before the end. */
export async function watch(watching: Watching): Promise<Outcome | undefined> {
  const { places, control, view, json, id, after, signal, row } = watching;
  const lines = linesOf(view);
  for (const event of openSteps(places, id, after)) view.event(event);
  try {
    for await (const told of control.watch(id, { after: String(after), output: !json, signal })) {
      if ("output" in told) await lines.add(told.output);
      else {
        lines.end(told.event);
        view.event(told.event);
      }
    }
  } finally {
    lines.close();
  }
  return signal.aborted ? undefined : outcomeOf(await row());
}

/** What steps print, as whole lines; what is left of one is shown before its step's end. */
function linesOf(view: View) {
  const open = new Map<string, ReturnType<typeof lineReader>>();
  const openOne = ({ operation, key, stream }: OutputPiece) => {
    const lines = lineReader((text) => view.line(operation, key, text));
    open.set(`${operation} ${key} ${stream}`, lines);
    return lines;
  };
  return {
    /** A step that prints faster than the screen takes it must not fill the memory. */
    add(piece: OutputPiece): Promise<void> {
      const lines = open.get(`${piece.operation} ${piece.key} ${piece.stream}`) ?? openOne(piece);
      lines.write(piece.text);
      return view.drained();
    },
    end(event: OperationEvent) {
      if (event.type !== "step-finished" && event.type !== "step-retrying") return;
      for (const stream of ["out", "err"]) {
        const name = `${event.operation} ${event.key} ${stream}`;
        open.get(name)?.end();
        open.delete(name);
      }
    },
    close() {
      for (const each of open.values()) each.end();
    },
  };
}

/** Steps that were begun before, and run on: their output is of interest. */
function openSteps(places: Places | null, id: string, after: number): OperationEvent[] {
  if (after === 0 || places === null) return [];
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
