import type { Killed } from "./kill-agents.ts";

/** Shares from 0 to 1: kills inside a step; operations that were killed there and ended as they should, by themselves. */
export function verdict({ accepted, kills, insideAStep, hit, standing, errors }: Killed) {
  // Three kills at one step are a crash loop, and rightly, where the killer has counted them itself.
  const isCrashLoop = (id: string) => {
    const [, step = ""] = /died 3 times in a row in step (\S+)/.exec(errors.get(id) ?? "") ?? [];
    return (hit.get(id)?.get(step) ?? 0) >= 3;
  };
  const killed = accepted.filter(({ id }) => hit.has(id));
  const asTheyShould = killed.filter(({ id, expects }) => standing.get(id) === expects.end || isCrashLoop(id));
  const others = killed
    .filter((one) => !asTheyShould.includes(one))
    .map(({ id }) => `${id} ${standing.get(id)}: ${errors.get(id)}`);
  const line =
    `${kills} kills, ${insideAStep} inside a step; ${accepted.length} operations, ${killed.length} of them killed, ` +
    `${asTheyShould.length} of those ended as they should${others.length > 0 ? `, not ${others.join("; ")}` : ""}`;
  return { line, insideAStep: insideAStep / kills, asExpected: asTheyShould.length / killed.length };
}
