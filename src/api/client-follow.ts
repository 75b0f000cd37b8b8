/** What is told of an operation over connections that may drop, from agents that may die: each thing once. */
import type { Clock } from "../core/clock.ts";
import type { OperationEvent } from "../core/events.ts";
import { GarzaError, type Problem, problem } from "../core/problem.ts";
import type { OutputPiece, Told } from "./control.ts";
import { readFrames } from "./frames.ts";
import { fromDocument } from "./problem-document.ts";

/** What is to happen when the agent goes away. */
export type Absence = {
  /** Told once each time it is not to be reached. */
  onAway?(reason: Problem): void;
  onBack?(): void;
  /** Milliseconds without an agent, or without anything new from it, until it is given up. Default: never. */
  patience?: number;
};

export type Following = Absence & {
  /** Opens the stream behind a position. */
  open: (after: string) => Promise<Response>;
  after: string;
  signal: AbortSignal;
  clock: Clock;
};

const shortestPause = 100;
const longestPause = 1000;

/**
 * Ends with the operation, or when the signal is aborted. Comes back by itself to whichever agent serves the socket
 * then. Throws the problem that keeps it from coming back.
 */
export async function* followTold({ open, after, signal, clock, ...absence }: Following): AsyncGenerator<Told> {
  const { onAway, onBack, patience = Number.POSITIVE_INFINITY } = absence;
  let last = after;
  let isAway = false;
  let pause = shortestPause;
  let heard = clock.monotonic();

  const hear = () => {
    if (isAway) onBack?.();
    isAway = false;
  };
  const again = async () => {
    for (let reason = cutOff; ; ) {
      if (clock.monotonic() - heard >= patience) throw reason;
      await clock.sleep(pause, signal);
      pause = Math.min(longestPause, pause * 2);
      try {
        return await open(last);
      } catch (thrown) {
        if (!mayComeBack(thrown)) throw thrown;
        reason = thrown;
      }
      if (!isAway) onAway?.(reason.problem);
      isAway = true;
    }
  };

  try {
    for (let stream = await open(last); ; stream = await again()) {
      for await (const { id = last, event, data } of wholeFrames(stream)) {
        hear();
        if (data === undefined) continue;
        if (event === "end") return;
        if (event === "problem") throw fromDocument(JSON.parse(data), "the agent");
        last = id;
        heard = clock.monotonic();
        pause = shortestPause;
        yield toldIn(event, id, data);
      }
    }
  } catch (thrown) {
    // Whatever broke off because of it is no news to who asked for it.
    if (!signal.aborted) throw thrown;
  }
}

function toldIn(event: string | undefined, position: string, data: string): Told {
  if (event === "output") return { position, output: JSON.parse(data) as OutputPiece };
  return { position, event: JSON.parse(data) as OperationEvent };
}

const cutOff = problem({
  kind: "no-answer",
  where: "the agent",
  why: "its stream was cut off again and again",
  sent: true,
});

/** Those up to where the connection dropped. */
async function* wholeFrames({ body }: Response) {
  try {
    if (body) yield* readFrames(body);
  } catch (thrown) {
    const isDropped = thrown instanceof Error && ("code" in thrown || thrown.name === "TimeoutError");
    if (!isDropped) throw thrown;
  }
}

function mayComeBack(thrown: unknown): thrown is GarzaError {
  return thrown instanceof GarzaError && ["no-agent", "no-answer", "busy"].includes(thrown.problem.kind);
}
