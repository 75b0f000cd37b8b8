/** Whether an agent that was just started stays, answers, and is the program that it should be. */
import type { Clock } from "../../core/clock.ts";
import { currentOwner, type Owner } from "../../store/owner.ts";

export type Health = { isWell: true; agent: Owner } | { isWell: false; why: string };

export type HealthRequest = {
  data: string;
  /** The agent before it, which can't be the one that is meant. */
  before: string | null;
  forMs: number;
  clock: Clock;
  answers(socket: string): Promise<boolean>;
};

const lookMs = 200;
const startMs = 60_000;

/** Resolves after `forMs`, or as soon as it is not well. */
export async function watchHealth({ data, before, forMs, clock, answers }: HealthRequest): Promise<Health> {
  const from = clock.monotonic();
  let first: Owner | null = null;
  for (;;) {
    const now = currentOwner(data);
    const isNew = now !== null && now.instance !== before && now.socket !== null;
    const passed = clock.monotonic() - from;
    if (first === null && isNew) first = now;
    if (first === null && passed > Math.max(startMs, forMs)) return { isWell: false, why: "it did not start" };
    if (first !== null && now?.instance !== first.instance)
      return { isWell: false, why: now === null ? "it has ended again" : "it has ended, and was started again" };
    if (first?.socket && !(await answers(first.socket)))
      return { isWell: false, why: "it does not answer on its socket" };
    if (first !== null && passed >= forMs) return { isWell: true, agent: first };
    await clock.sleep(lookMs);
  }
}
