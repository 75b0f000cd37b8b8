/** What the steps of a followed operation print, as they print it: a step's output stands behind its start and before its end. */
import type { OutputPiece } from "../api/control.ts";
import type { OutputPosition } from "../api/position.ts";
import type { OperationEvent } from "../core/events.ts";
import { follow } from "../core/output/follow.ts";
import { outputFile, type Stream } from "../core/output.ts";
import type { Masker } from "../core/redact.ts";
import { maskPieces, type Printed } from "./printed.ts";

export type Masks = {
  of(operation: string): Masker;
  /** A step of it has ended: what it gave may be a secret. */
  learn(operation: string): void;
};

export type PrintingRequest = {
  data: string;
  masks: Masks;
  /** Steps that are open, with what was told of their output. */
  open: readonly (StepPlace & OutputPosition)[];
  give(piece: OutputPiece): Promise<void>;
};

type StepPlace = Pick<Extract<OperationEvent, { type: "step-started" }>, "operation" | "key" | "row" | "step_type">;

/** They start nothing that prints, and may take long: nobody looks for their files until they have ended. */
const silent: ReadonlySet<string> = new Set([
  "approval", "conditional", "delay", "foreach", "load_operation", "lock", "notification", "parallel", "set",
]); // biome-ignore format: a list

export function openPrinting({ data, masks, open, give }: PrintingRequest) {
  const steps = new Map<string, ReturnType<typeof openStep>>();
  const add = (place: StepPlace, from: Record<Stream, number>) => {
    const step = openStep(place, from);
    steps.set(nameOf(place), step);
    if (!silent.has(place.step_type)) step.follow();
  };

  function openStep({ operation, key, row }: StepPlace, from: Record<Stream, number>) {
    let reading: { end: AbortController; done: Promise<unknown> } | undefined;
    let hasEnded = false;

    const read = async (stream: Stream, signal: AbortSignal) => {
      const file = outputFile(data, operation, row, stream);
      const masking = maskPieces(file, from[stream], masks.of(operation));
      const tell = async ({ text, ...place }: Printed) => {
        from[stream] = place.to;
        if (place.to > place.from || text !== "") await give({ operation, key, row, stream, ...place, text });
      };
      const onPiece = (text: string, at: number) => tell(masking.write(text, at));
      const end = await follow(file, { from: from[stream], onPiece, signal });
      // Else what is held back may be half of a secret that is being written.
      if (hasEnded) await tell(masking.end(end));
    };
    const step = {
      operation,
      follow() {
        if (reading) return;
        const end = new AbortController();
        const done = Promise.all([read("out", end.signal), read("err", end.signal)]);
        // Thrown to who waits for it.
        done.catch(() => {});
        reading = { end, done };
      },
      /** What has been written by now is told first. */
      async pause() {
        reading?.end.abort();
        await reading?.done;
        reading = undefined;
      },
      async end() {
        hasEnded = true;
        step.follow();
        await step.pause();
      },
    };
    return step;
  }

  const of = (operation: string) => [...steps.values()].filter((step) => step.operation === operation);
  const pause = (paused: Iterable<{ pause(): Promise<void> }>) => Promise.all([...paused].map((step) => step.pause()));
  for (const { out, err, ...place } of open) add(place, { out, err });

  return {
    /** Before the event is told. */
    async before(event: OperationEvent): Promise<void> {
      if (event.type === "operation-ended") await pause(of(event.operation));
      // An attempt of which nobody knew how it ended.
      if (event.type === "step-started") await steps.get(nameOf(event))?.pause();
      if (!isEndOfStep(event)) return;
      await steps.get(nameOf(event))?.end();
      steps.delete(nameOf(event));
      masks.learn(event.operation);
    },
    behind(event: OperationEvent): void {
      if (event.type === "step-started") add(event, { out: 0, err: 0 });
      // It was interrupted, and goes on.
      if (event.type === "operation-started") for (const step of of(event.operation)) step.follow();
    },
    stop: () => pause(steps.values()),
  };
}

export const isEndOfStep = (event: OperationEvent) => event.type === "step-finished" || event.type === "step-retrying";
export const nameOf = ({ operation, key }: { operation: string; key: string }) => `${operation} ${key}`;
