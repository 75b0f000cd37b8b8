/** All that is told of an operation to one reader: its events, and between them what its steps print. */
import type { OutputPiece, Told } from "../api/control.ts";
import { type OutputPosition, readPosition, writePosition } from "../api/position.ts";
import type { OperationEvent } from "../core/events.ts";
import type { History } from "../queue/history.ts";
import { type Following, follow } from "./follow.ts";
import { openHandOver } from "./hand-over.ts";
import { isEndOfStep, type Masks, nameOf, openPrinting } from "./printing.ts";

export type Watched = Omit<Following, "after"> & {
  /** What was told before: see api/position.ts. */
  after: string;
  masks: Masks;
  /** The data folder, where output is wanted; null: events alone. */
  output: string | null;
};

/**
 * Ends behind the event that ends the operation, or when the signal is aborted. Nothing is read faster than it is
 * taken: what waits, waits in the journal and in files.
 */
export async function* watch({ after, masks, output: data, ...following }: Watched): AsyncGenerator<Told> {
  const { id, history, signal } = following;
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const hands = openHandOver<Untold>(stop);
  const track = trackPosition(history, id, after);
  const seen = new Map([...track.nested, [id, track.sequence]]);
  const give = (output: OutputPiece) => hands.put({ output });
  const printed = data === null ? null : openPrinting({ data, masks, open: track.open(), give });

  const pump = async () => {
    for await (const event of follow({ ...following, after: seen, signal: stop })) {
      await printed?.before(event);
      await hands.put({ event: masked(event, masks) });
      printed?.behind(event);
    }
    await printed?.stop();
  };
  pump().then(
    () => hands.end(),
    (thrown: unknown) => hands.end(thrown),
  );
  try {
    for await (const untold of hands.taken()) yield { ...untold, position: track.pass(untold) };
  } finally {
    over.abort();
  }
}

type Untold = { event: OperationEvent } | { output: OutputPiece };
type Open = Extract<OperationEvent, { type: "step-started" }> & OutputPosition;

/** It was when it was stored; some may be known as secrets only since. What programs go by stays as it is. */
function masked({ type, operation, sequence, at, ...said }: OperationEvent, masks: Masks): OperationEvent {
  const shown = masks.of(operation).maskValue(said) as typeof said;
  return { ...shown, type, operation, sequence, at } as OperationEvent;
}

/** Where the reader is: told beside everything, so that it can go on from there. */
function trackPosition(history: History, id: string, after: string) {
  const given = readPosition(after, id);
  const isWithin = (operation: string): boolean => {
    const { parent } = history.operation(operation);
    return parent !== null && (parent === id || isWithin(parent));
  };
  const nested = new Map([...given.nested].filter(([operation]) => isWithin(operation)));
  const known = ({ operation, row }: { operation: string; row: number }) =>
    given.outputs.find((each) => each.operation === operation && each.row === row) ?? { out: 0, err: 0 };
  const open = new Map<string, Open>();
  let { sequence } = given;

  const note = (event: OperationEvent) => {
    if (event.type === "step-started") open.set(nameOf(event), { ...event, ...known(event) });
    if (isEndOfStep(event)) open.delete(nameOf(event));
  };
  for (const [operation, last] of [...nested, [id, sequence] as const]) {
    if (last === 0) continue;
    for (const event of history.events(operation)) if (event.sequence <= last) note(event);
  }

  /** Those within a step that has ended are all told. */
  const forget = ({ operation, key }: { operation: string; key: string }) => {
    for (const child of [...nested.keys()].map((each) => history.operation(each))) {
      if (child.parent === operation && child.parent_step?.startsWith(`${key}@`)) nested.delete(child.id);
      else if (child.parent !== id && !nested.has(child.parent ?? "")) nested.delete(child.id);
    }
  };

  return {
    nested,
    sequence,
    open: () => [...open.values()],
    /** The position behind it. */
    pass(told: Untold): string {
      if ("output" in told) {
        const step = open.get(nameOf(told.output));
        if (step) step[told.output.stream] = told.output.to;
      } else {
        const { event } = told;
        if (event.operation === id) sequence = event.sequence;
        else nested.set(event.operation, event.sequence);
        note(event);
        if (isEndOfStep(event)) forget(event);
      }
      return writePosition({ sequence, nested, outputs: withOutput(open.values()) }, id);
    },
  };
}

/** One that has not printed anything is known by its start. */
const withOutput = (open: Iterable<Open>) => [...open].filter(({ out, err }) => out > 0 || err > 0);
