/** One push that has the state branch's next commit and, with it or not at all, the next transitions of the locks that guard it. */
import type { Problem } from "../core/problem.ts";
import { type MoveResult, moveRefs } from "../git/move-refs.ts";
import type { PrivateStore } from "../git/private-store.ts";
import type { RefMove } from "../git/push-refs.ts";
import { remoteProblem } from "../git/remote-trouble.ts";
import { reapply, type StateConflict } from "../state/reapply.ts";
import { commitFiles, fetchBranch, pathInRepository, textIn } from "../state/shared-branch.ts";
import type { LoggedChange } from "../state/state-log.ts";

export type Publication = {
  store: PrivateStore;
  root: string;
  /** Oldest first. */
  changes: readonly LoggedChange[];
  /** Transitions of the locks under which they were made. */
  moves: readonly RefMove[];
  /** The setting `state.branch`, and what an empty remote's branch is called. */
  branch: string;
  fallback: string;
  message: string;
  author: string;
  now(): number;
  sleep(ms: number): Promise<void>;
};

/** What the push did to the locks, and what became of the changes. */
export type Published = {
  moved: MoveResult;
  changes: /** `commit` is the branch's tip, and has them. */
    | { kind: "there"; ref: string; commit: string; conflicts: (StateConflict & { file: string })[] }
    /** Not by a rule of the remote. */
    | { kind: "refused"; why: string }
    /** A lock that guards them is another's by now. */
    | { kind: "unguarded" }
    | { kind: "not-now"; problem: Problem };
};

const tries = 10;

/** Throws `remote-unreachable`, `remote-refused`, `data-damaged` for a file there that is no JSON. */
export async function publishChanges(publication: Publication): Promise<Published> {
  const { store, moves, branch, fallback, now, sleep } = publication;
  for (let time = 1; ; time++) {
    const { ref, tip } = await fetchBranch(store, branch, fallback);
    const { files, conflicts } = await newTexts(publication, tip);
    if (files.size === 0 && tip !== null) {
      const moved = moves.length === 0 ? nothing : await moveRefs(store, moves, { atomic: true });
      return { moved, changes: { kind: "there", ref, commit: tip, conflicts } };
    }
    const { message, author } = publication;
    const commit = await commitFiles(store, { parent: tip, files, message, author, now: now() });
    const moved = await moveRefs(store, [...moves, { ref, from: tip, to: commit }], { atomic: moves.length > 0 });
    if (moved.kind !== "settled") return { moved, changes: { kind: "not-now", problem: moved.problem } };
    const result = moved.refs.get(ref);
    if (result?.kind === "moved") return { moved, changes: { kind: "there", ref, commit, conflicts } };
    if (result?.kind === "refused") return { moved, changes: { kind: "refused", why: result.why } };
    const isLost = moves.some((move) => moved.refs.get(move.ref)?.kind === "stale");
    if (isLost) return { moved, changes: { kind: "unguarded" } };
    if (time === tries) {
      const why = `the branch moved before each of ${tries} pushes`;
      return { moved, changes: { kind: "not-now", problem: remoteProblem(store.remote, { kind: "failed", why }) } };
    }
    await sleep(Math.random() * Math.min(3_000, 50 * 2 ** time));
  }
}

const nothing: MoveResult = { kind: "settled", refs: new Map() };

/** The files that differ when the changes are made to the branch's newest. */
async function newTexts({ store, root, changes }: Publication, tip: string | null) {
  const files = new Map<string, string>();
  const conflicts: (StateConflict & { file: string })[] = [];
  for (const [file, rows] of Map.groupBy(changes, (change) => change.file)) {
    const path = pathInRepository(root, file);
    const before = await textIn(store, tip, path);
    const all = rows.flatMap((row) => row.changes);
    const made = reapply(before, all, { file });
    conflicts.push(...made.conflicts.map((conflict) => ({ ...conflict, file })));
    if (made.text !== before) files.set(path, made.text);
  }
  return { files, conflicts };
}
