/** While an agent is away, what it ran may end by another hand: who follows it is not to wait for that agent for ever. */
import type { Absence } from "../api/client-follow.ts";
import { systemClock } from "../core/clock.ts";

export type Looking = {
  /** By its journal. */
  hasEnded(): boolean | Promise<boolean>;
  /** Told once it was found ended so often, with `betweenMs` before each look, and its agent is still away. */
  onEnded(): void;
  times: number;
  betweenMs: number;
  signal: AbortSignal;
};

export type WhileAway = Required<Pick<Absence, "onAway" | "onBack">> & { isAway(): boolean; release(): void };

/** Passes on what it hears, once each time. */
export function whileAway(absence: Absence, { hasEnded, onEnded, times, betweenMs, signal }: Looking): WhileAway {
  let back: AbortController | undefined;
  const look = async (isBack: AbortSignal) => {
    const stop = AbortSignal.any([isBack, signal]);
    for (let looks = 0; looks < times && !stop.aborted; ) {
      await systemClock.sleep(betweenMs, stop).catch(() => {});
      // While nobody can be asked, nobody knows.
      if (!stop.aborted && (await Promise.try(hasEnded).catch(() => false))) looks++;
    }
    if (!stop.aborted) onEnded();
  };
  const release = () => {
    back?.abort();
    back = undefined;
  };
  return {
    isAway: () => back !== undefined,
    onAway(reason) {
      if (back) return;
      back = new AbortController();
      absence.onAway?.(reason);
      void look(back.signal);
    },
    onBack() {
      release();
      absence.onBack?.();
    },
    release,
  };
}
