/**
 * Whose turn it is. One thread does all that the agent does: who asks without a pause, or for much, would have it to
 * himself. So requests are begun in the order in which they came, changes before questions, as many at once as take
 * some 20 ms together (those share a commit), and operations have the thread for a quarter of the time that this took.
 */
import type { Clock } from "../core/clock.ts";
import { problem } from "../core/problem.ts";

export type Turns = {
  /** Resolves, or rejects, as the work does. Throws `busy` where too many wait already. */
  take<Answer>(kind: Kind, work: () => Promise<Answer>): Promise<Answer>;
};

/** Who cancels must not wait until all who ask for lists have theirs. */
type Kind = "change" | "question";

export const mostWaiting = 1000;
const mostTogether = 32;
const togetherMs = 20;
/** Who waits for something else than the thread (a lock, another machine) is not waited for. */
const patienceMs = 250;
/** A shorter pause would take longer than it should. */
const shortestPauseMs = 5;

export function openTurns(clock: Clock): Turns {
  const waiting: Record<Kind, (() => Promise<void>)[]> = { change: [], question: [] };
  const count = () => waiting.change.length + waiting.question.length;
  let isServing = false;
  let together = mostTogether;
  let owed = 0;
  let lastEnd = clock.monotonic();

  const serve = async () => {
    isServing = true;
    owed = Math.max(0, owed - (clock.monotonic() - lastEnd));
    while (count() > 0) {
      const begun = clock.monotonic();
      const changes = waiting.change.splice(0, together);
      const some = [...changes, ...waiting.question.splice(0, Math.max(1, together - changes.length))];
      await settled(some.map((begin) => begin()));
      const took = clock.monotonic() - begun;
      together = Math.min(mostTogether, Math.max(1, Math.floor((togetherMs * some.length) / took)));
      owed += took / 4;
      if (owed < shortestPauseMs) continue;
      await clock.sleep(owed);
      owed = 0;
    }
    lastEnd = clock.monotonic();
    isServing = false;
  };

  const settled = async (begun: Promise<void>[]) => {
    const over = new AbortController();
    const late = clock.sleep(patienceMs, over.signal).catch(() => {});
    await Promise.race([Promise.all(begun), late]);
    over.abort();
  };

  return {
    take<Answer>(kind: Kind, work: () => Promise<Answer>) {
      if (count() >= mostWaiting)
        throw problem({ kind: "busy", what: `${mostWaiting} requests wait for the agent`, next: "Try again" });
      const answer = Promise.withResolvers<Answer>();
      waiting[kind].push(() => work().then(answer.resolve, answer.reject));
      if (!isServing) void serve();
      return answer.promise;
    },
  };
}
