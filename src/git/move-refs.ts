/** Moving refs of the remote to a certain end: where an answer was lost, a look tells what became of them. */
import { GarzaError, type Problem } from "../core/problem.ts";
import { fetchRefs } from "./fetch-refs.ts";
import type { PrivateStore } from "./private-store.ts";
import { pushRefs, type RefMove, type RefResult } from "./push-refs.ts";
import { remoteProblem } from "./remote-trouble.ts";

export type MoveResult =
  | { kind: "settled"; refs: ReadonlyMap<string, RefResult> }
  /** Nothing was moved. */
  | { kind: "failed"; problem: Problem }
  /** Some may have been moved, and nobody can be asked now. */
  | { kind: "in-doubt"; problem: Problem };

/** The same commits are pushed again where the remote still has what was there before: that can't do it twice. */
const tries = 3;

export async function moveRefs(
  store: PrivateStore,
  moves: readonly RefMove[],
  options: { atomic: boolean },
): Promise<MoveResult> {
  const settled = new Map<string, RefResult>();
  let open = moves;
  for (let time = 1; ; time++) {
    const pushed = await pushRefs(store, open, options);
    if (pushed.kind === "failed") {
      const problem = remoteProblem(store.remote, pushed.trouble);
      return time === 1 ? { kind: "failed", problem } : { kind: "in-doubt", problem };
    }
    const said = pushed.kind === "answered" ? pushed.refs : null;
    for (const [ref, result] of said ?? []) if (result.kind !== "stale") settled.set(ref, result);
    // `stale` may be the echo of a push whose answer was lost.
    const unsure = open.filter(({ ref }) => !settled.has(ref));
    if (unsure.length === 0) return { kind: "settled", refs: settled };
    const there = await look(store, unsure);
    if ("problem" in there) return { kind: "in-doubt", problem: there.problem };
    open = [];
    const nowAt = (ref: string) => there.oids.get(ref) ?? null;
    // A server that was overtaken while it wrote says of none which one it was.
    const isOther = options.atomic && unsure.some(({ ref, from, to }) => ![from, to].includes(nowAt(ref)));
    for (const move of unsure) {
      const now = nowAt(move.ref);
      if (now === move.to) settled.set(move.ref, { kind: "moved" });
      else if (now !== move.from) settled.set(move.ref, { kind: "stale" });
      else if (said !== null) settled.set(move.ref, { kind: isOther ? "beside" : "stale" });
      else open = [...open, move];
    }
    if (open.length === 0) return { kind: "settled", refs: settled };
    // It takes none, for a reason that is no rule: who takes that for a race tries for ever.
    if (pushed.kind === "unknown" && time === tries)
      return { kind: "in-doubt", problem: remoteProblem(store.remote, pushed.trouble) };
  }
}

async function look(store: PrivateStore, moves: readonly RefMove[]) {
  try {
    const found = await fetchRefs(
      store,
      moves.map(({ ref }) => ref),
    );
    return { oids: new Map(found.map(({ ref, oid }) => [ref, oid])) };
  } catch (thrown) {
    if (thrown instanceof GarzaError) return { problem: thrown.problem };
    throw thrown;
  }
}
