/** One push that has the state branch's next commit and, with it or not at all, the next transitions of the locks that guard it. */
import type { Problem } from "../core/problem.ts";
import { commitFiles } from "../git/commit-files.ts";
import { type MoveResult, moveRefs } from "../git/move-refs.ts";
import type { PrivateStore } from "../git/private-store.ts";
import type { RefMove } from "../git/push-refs.ts";
import { fetchBranch, pathInRepository, textIn } from "../git/remote-branch.ts";
import { remoteProblem } from "../git/remote-trouble.ts";
import { isOfFile } from "../state/read-text.ts";
import { reapply, type StateConflict } from "../state/reapply.ts";
import type { LoggedChange } from "../state/state-log.ts";
import { beginBranch } from "./begin-branch.ts";

export type Publication = {
  store: PrivateStore;
  root: string;
  /** Oldest first. `guarded`: made under a lock that we still have: nobody else can have meant to change the same. */
  changes: readonly (LoggedChange & { guarded: boolean })[];
  /** Transitions of the locks under which they were made. */
  moves: readonly RefMove[];
  /** See `fetchBranch`. */
  branch: string;
  message: string;
  author: string;
  now(): number;
  sleep(ms: number): Promise<void>;
};

/** A place that somebody else has changed meanwhile. `isKept`: our value is there now; else theirs, and nothing of ours. */
export type Met = StateConflict & { file: string; operation: string | null; isKept: boolean };

/** A file that nothing can be written to as it stands there: its changes have to wait, and no others. */
export type Barred = { file: string; problem: Problem };

/** What the push did to the locks, and what became of the changes. */
export type Published = {
  moved: MoveResult;
  changes: /** `commit` is the branch's tip, and has them; but for those that were made without a lock, and met another's. */
    | { kind: "there"; ref: string; commit: string; met: Met[]; barred: Barred[] }
    /** Not by a rule of the remote. */
    | { kind: "refused"; why: string }
    /** A lock that guards them is another's by now. */
    | { kind: "unguarded" }
    | { kind: "not-now"; problem: Problem };
};

const tries = 10;

/** Throws `remote-unreachable`, `remote-refused`. */
export async function publishChanges(publication: Publication): Promise<Published> {
  const { store, moves, branch, now, sleep } = publication;
  for (let time = 1; ; time++) {
    const { ref, tip } = await fetchBranch(store, branch);
    if (tip === null && branch !== "" && time < tries && (await beginBranch(publication, ref))) continue;
    const { files, met, barred } = await newTexts(publication, tip);
    if (files.size === 0 && tip !== null) {
      const moved = moves.length === 0 ? nothing : await moveRefs(store, moves, { atomic: true });
      return { moved, changes: { kind: "there", ref, commit: tip, met, barred } };
    }
    const { message, author } = publication;
    const commit = await commitFiles(store, { parent: tip, files, message, author, now: now() });
    const moved = await moveRefs(store, [...moves, { ref, from: tip, to: commit }], { atomic: moves.length > 0 });
    if (moved.kind !== "settled") return { moved, changes: { kind: "not-now", problem: moved.problem } };
    const result = moved.refs.get(ref);
    if (result?.kind === "moved") return { moved, changes: { kind: "there", ref, commit, met, barred } };
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
  const met: Met[] = [];
  const barred: Barred[] = [];
  for (const [file, rows] of Map.groupBy(changes, (change) => change.file)) {
    const path = pathInRepository(root, file);
    try {
      const before = await textIn(store, tip, path);
      const made = newText(before, rows, `${path} at ${store.remote.name}`);
      met.push(...made.met.map((each) => ({ ...each, file })));
      if (made.text !== undefined && made.text !== before) files.set(path, made.text);
    } catch (thrown) {
      if (!isOfFile(thrown)) throw thrown;
      barred.push({ file, problem: thrown.problem });
    }
  }
  return { files, met, barred };
}

/** `shown`: the file, for messages. */
function newText(before: string | undefined, rows: Publication["changes"], shown: string) {
  const met: Omit<Met, "file">[] = [];
  let text = before;
  // All of an operation's at once: what it has written over itself is no loss.
  for (const [operation, own] of Map.groupBy(rows, (row) => row.operation)) {
    const all = own.flatMap((row) => row.changes);
    const made = reapply(text, all, { file: shown });
    const isKept = made.conflicts.length === 0 || own.some(({ guarded }) => guarded);
    met.push(...made.conflicts.map((conflict) => ({ ...conflict, operation, isKept })));
    if (isKept) text = made.text;
  }
  return { text, met };
}
