import type { EndedRow } from "../../agent/outcome.ts";
import type { GarzaClient } from "../../api/client.ts";
import type { Absence } from "../../api/client-follow.ts";
import type { Control } from "../../api/control.ts";
import { systemClock } from "../../core/clock.ts";
import { GarzaError } from "../../core/problem.ts";
import { whileAway } from "../while-away.ts";
import { mayComeBack } from "./insisting.ts";

/** `row`: the operation as its journal has it by then, whoever serves it. */
export type Watched = { client: GarzaClient; row(id: string): EndedRow | Promise<EndedRow> };

/** An agent there that leaves with the operation's end may take its last events along: then its journal tells the end alone. */
export function watchThere({ client, row }: Watched, absence: Absence): Control["watch"] {
  return async function* (id, { after = "0", signal = new AbortController().signal, ...watching }) {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const hasEnded = async () => {
      const { ended_at, status } = await row(id);
      return ended_at !== null || status === "interrupted";
    };
    // Twice: an agent that is still there, and has more to tell than the end, is back by then.
    const looking = { hasEnded, onEnded: () => over.abort(), times: 2, betweenMs: betweenLooksMs, signal: until };
    const { isAway, onAway, onBack, release } = whileAway(absence, looking);
    let last = after;
    try {
      while (!until.aborted) {
        try {
          for await (const told of client.watch(id, { ...watching, after: last, signal: until, onAway, onBack })) {
            if (isAway()) onBack();
            last = told.position;
            yield told;
          }
          return;
        } catch (thrown) {
          // The line may be cut before anything was told.
          if (!(thrown instanceof GarzaError) || !mayComeBack.has(thrown.problem.kind)) throw thrown;
          onAway(thrown.problem);
          await systemClock.sleep(betweenTriesMs, until).catch(() => {});
        }
      }
    } finally {
      release();
    }
  };
}

const betweenLooksMs = 3_000;
const betweenTriesMs = 500;
