/**
 * An operation's events as a stream for one reader.
 *
 * `id` is where to go on from behind a frame (position.ts): who comes back with it (`Last-Event-ID`) loses nothing
 * and gets nothing twice. A frame `end` says that nothing more will come; a stream that stops without one was cut off.
 *
 * Events are asked for no faster than the reader takes them, so a slow one costs a few of them and holds up
 * nobody. One that has taken nothing from one heartbeat to the next though there was something is left behind.
 */
import { GarzaError } from "../core/problem.ts";
import type { Told, Watching } from "./control.ts";
import { heartbeat, opening, writeFrame } from "./frames.ts";
import { bugDocument, toDocument } from "./problem-document.ts";
import type { Served } from "./served.ts";

/** Milliseconds between heartbeats. */
export const beat = 15_000;

export function eventStream(operation: string, watching: Watching, served: Served): ReadableStream<Uint8Array> {
  const { control, clock, streams } = served;
  const over = new AbortController();
  const told = control.watch(operation, { ...watching, signal: over.signal })[Symbol.asyncIterator]();
  let hasTaken = true;

  const end = (controller?: Controller) => {
    if (over.signal.aborted) return;
    over.abort();
    streams.delete(endFromOutside);
    controller?.close();
    // It may be waiting for its next event, and only then look at the signal.
    void told.return?.().catch(served.onBug);
  };
  let endFromOutside = () => {};

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        endFromOutside = () => end(controller);
        streams.add(endFromOutside);
        send(controller, opening);
        void beatUntilOver(controller);
      },
      async pull(controller) {
        hasTaken = true;
        const frame = await nextFrame(told, served);
        if (over.signal.aborted) return;
        send(controller, frame.text);
        if (frame.isLast) end(controller);
      },
      cancel: () => end(),
    },
    { highWaterMark: 1 },
  );

  async function beatUntilOver(controller: Controller): Promise<void> {
    for (;;) {
      await clock.sleep(beat, over.signal).catch(() => {});
      if (over.signal.aborted) return;
      if ((controller.desiredSize ?? 0) > 0) send(controller, heartbeat);
      else if (!hasTaken) end(controller);
      hasTaken = false;
    }
  }
}

type Controller = { desiredSize: number | null; enqueue(chunk: Uint8Array): void; close(): void };

const encoder = new TextEncoder();
const send = (controller: Controller, text: string) => controller.enqueue(encoder.encode(text));

async function nextFrame(told: AsyncIterator<Told>, { onBug }: Served) {
  try {
    const next = await told.next();
    return next.done
      ? { text: writeFrame({ event: "end", data: "{}" }), isLast: true }
      : { text: frameOf(next.value), isLast: false };
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) onBug(thrown);
    const document = thrown instanceof GarzaError ? toDocument(thrown.problem) : bugDocument();
    return { text: writeFrame({ event: "problem", data: JSON.stringify(document) }), isLast: true };
  }
}

function frameOf(told: Told): string {
  const id = told.position;
  if ("event" in told) return writeFrame({ id, data: JSON.stringify(told.event) });
  return writeFrame({ id, event: "output", data: JSON.stringify(told.output) });
}
