/**
 * When changes of state files go to the remote: with the locks that guard them when those are given back, at once where
 * a template asks for it, and the rest from time to time, together.
 */
import { alarm, type Clock } from "../core/clock.ts";
import { describe, GarzaError, type Problem } from "../core/problem.ts";
import { type MoveResult, moveRefs } from "../git/move-refs.ts";
import { forgetIfBroken, type PrivateStore } from "../git/private-store.ts";
import type { RefMove } from "../git/push-refs.ts";
import { type Carry, plain } from "../locks/keeper.ts";
import { lockRef } from "../locks/lock-refs.ts";
import type { Move, Outcome } from "../locks/transact.ts";
import { openTurns } from "../locks/turns.ts";
import type { LoggedChange, StateLog } from "../state/state-log.ts";
import type { Bindings, Store } from "../store/store.ts";
import familySql from "./family.sql" with { type: "text" };
import guardsSql from "./guards.sql" with { type: "text" };
import { type Barred, type Met, type Published, publishChanges } from "./publish-changes.ts";
import { operationLine, publishedIn } from "./published-in.ts";

export type PublisherRequest = {
  db: Store;
  log: StateLog;
  /** Absolute. */
  root: string;
  clock: Clock;
  remote(): Promise<PrivateStore | undefined>;
  /** False: changes stay in the work tree until somebody asks. */
  isAuto(): boolean;
  intervalMs(): number;
  /** See `fetchBranch`. */
  branch(): string;
  /** Who commits, as `Name <address>`. */
  author(): Promise<string>;
  /** The branch's newest has what was published. */
  onPublished(store: PrivateStore, at: { ref: string; tip: string }): void;
  /** It will never be published: what a person has in the same file is not to bring it there. Before that is recorded. */
  onRefused(change: LoggedChange): Promise<void>;
  /** A person should know of it. */
  tell(operation: string | null, message: string): Promise<void>;
};

export type Publisher = {
  carry: Carry;
  /** Everything that these operations have changed, now; the locks that guard it are renewed. Null: done. */
  publishNow(operations: readonly string[], move: Move): Promise<Problem | null>;
  /** Everything that waits for no lock, now. Null: done. */
  flush(): Promise<Problem | null>;
  /** It lost a lock: what it has changed since is not published any more, as another works there now. */
  lost(operation: string, why: string): Promise<void>;
  /** Something was changed: it is published when its time has come. */
  soon(): void;
  end(): void;
};

export function openPublisher(request: PublisherRequest): Publisher {
  const { db, log, root, clock, branch, isAuto, intervalMs, onPublished, tell } = request;
  const turns = openTurns();
  let last = Number.NEGATIVE_INFINITY;
  let callOff: (() => void) | undefined;
  let ended = false;
  const toldBarred = new Set<string>();
  let losing: Promise<unknown> = Promise.resolve();

  const pending = () => log.onTop().filter(({ publishedIn }) => publishedIn === null);
  const guardsOf = (operation: string | null): string[] =>
    operation === null
      ? []
      : db.read
          .query<{ resource: string }, Bindings>(guardsSql)
          .all({ operation })
          .map(({ resource }) => resource);

  const familyOf = (operation: string): string[] =>
    db.read
      .query<{ id: string }, Bindings>(familySql)
      .all({ operation })
      .map(({ id }) => id);

  const push = async (
    store: PrivateStore,
    changes: readonly Pushed[],
    moves: Parameters<typeof publishChanges>[0]["moves"],
  ): Promise<Published> => {
    const message = messageOf(changes);
    const author = await request.author();
    const { now, sleep } = clock;
    try {
      const publication = { store, root, changes, moves, branch: branch(), message, author, now, sleep };
      return await publishChanges(publication).catch(async (thrown: unknown) => {
        if (!isOfStore(thrown) || !(await forgetIfBroken(store))) throw thrown;
        return publishChanges(publication);
      });
    } catch (thrown) {
      if (!(thrown instanceof GarzaError)) throw thrown;
      const { problem } = thrown;
      return { moved: { kind: "failed", problem }, changes: { kind: "not-now", problem } };
    }
  };

  /** What the push did to the changes, written down and told. The problem, where they are still to be published. */
  const settle = async (store: PrivateStore, changes: readonly Pushed[], { changes: result }: Published) => {
    const operations = [...new Set(changes.map(({ operation }) => operation))];
    last = clock.monotonic();
    if (result.kind === "there") {
      const { met, barred } = result;
      const isBarred = ({ file }: LoggedChange) => barred.some((each) => each.file === file);
      const isOut = ({ file, operation }: LoggedChange) =>
        met.some((each) => !each.isKept && each.file === file && each.operation === operation);
      const made = changes.filter((change) => !isBarred(change));
      await log.published(sequencesOf(made.filter((change) => !isOut(change))), result.commit);
      const out = made.filter(isOut);
      for (const change of out) await request.onRefused(change);
      await log.refused(sequencesOf(out), "it was changed elsewhere meanwhile");
      for (const each of met) await tell(each.operation, metText(each));
      for (const each of barred) await tellBarred(each, changes);
      onPublished(store, { ref: result.ref, tip: result.commit });
      return barred[0]?.problem ?? null;
    }
    if (result.kind === "refused") {
      const next =
        "exempt this machine there, or name another branch (state.branch in garza.yml), then: garza state sync";
      for (const operation of operations)
        await tell(operation, `state was not published, the remote refuses it: ${result.why}; ${next}`);
      const problem: Problem = { kind: "remote-refused", remote: store.remote.name, why: result.why, hint: next };
      return problem;
    }
    return result.kind === "not-now" ? result.problem : null;
  };

  /** Once, as it is tried again and again. */
  const tellBarred = async ({ file, problem }: Barred, changes: readonly LoggedChange[]) => {
    const why = `${describe(problem)}. It is published when that is put right there: git pull, correct it, commit, push`;
    for (const operation of new Set(changes.filter((each) => each.file === file).map((each) => each.operation))) {
      const text = `what was changed in ${file} is kept here: ${why}`;
      if (toldBarred.has(`${operation} ${text}`)) continue;
      toldBarred.add(`${operation} ${text}`);
      await tell(operation, text);
    }
  };

  /** Under the locks of `resources`, which are moved by the same push. */
  const publishWith = async (
    resources: readonly string[],
    chosen: readonly Guarded[],
    move: Move,
    store: PrivateStore,
  ) => {
    let pushed: { published: Published; changes: Pushed[] } | undefined;
    const outcomes = await move(resources, async (moves, lost) => {
      const changes = chosen
        .filter(({ guards }) => !guards.some((guard) => lost.has(guard)))
        .map(({ change, guards }) => ({ ...change, guarded: guards.some((guard) => isMoved(store, guard, moves)) }));
      if (changes.length === 0) return moves.length === 0 ? nothing : moveRefs(store, moves, { atomic: false });
      pushed = { published: await push(store, changes, moves), changes };
      return pushed.published.moved;
    });
    const lostOf = ({ guards }: Guarded) => guards.find((guard) => outcomes.get(guard)?.kind === "lost");
    for (const [lost, refused] of Map.groupBy(chosen, lostOf)) {
      const changes = refused.map(({ change }) => change);
      if (lost !== undefined) await refuse(changes, `its lock ${lost} was lost before that`);
    }
    const problem = pushed ? await settle(store, pushed.changes, pushed.published) : null;
    return { outcomes, problem: problem ?? notNow(outcomes) };
  };

  const refuse = async (changes: readonly LoggedChange[], why: string) => {
    // At once: whoever carries the operation on must not publish them.
    for (const change of changes) {
      await request.onRefused(change);
      await log.refused([change.sequence], why);
    }
    for (const all of Map.groupBy(changes, ({ operation, file }) => `${operation} ${file}`).values()) {
      const commit = await foundAt(all);
      if (commit !== undefined) await log.published(sequencesOf(all), commit);
      else
        for (const { operation, file } of all)
          await tell(operation, `what it changed in ${file} was not published: ${why}`);
    }
  };

  /** Who pushed them may have died before that could be noted. */
  const foundAt = async (changes: readonly LoggedChange[]) => {
    const [{ operation = null, file = "" } = {}] = changes;
    const store = operation === null ? undefined : await request.remote();
    if (!store || operation === null) return undefined;
    return publishedIn(store, { root, branch: branch(), operation, file, changes }).catch((thrown: unknown) => {
      if (thrown instanceof GarzaError) return undefined;
      throw thrown;
    });
  };

  const guardedOf = (changes: readonly LoggedChange[]): Guarded[] =>
    changes.map((change) => ({ change, guards: isEntry(change) ? [] : guardsOf(change.operation) }));

  const carry: Carry = (resources, move, sharing) =>
    turns.take([""], async () => {
      const leaving = new Set(resources);
      const chosen = guardedOf(isAuto() ? pending() : []).filter(
        ({ guards }) => guards.length === 0 || guards.some((guard) => leaving.has(guard)),
      );
      if (chosen.length === 0) return plain(resources, move, sharing);
      const all = [...new Set([...resources, ...chosen.flatMap(({ guards }) => guards)])];
      const { outcomes, problem } = await publishWith(all, chosen, move, sharing.store);
      // What can't be published for now must not keep others from the lock for ever; what can't be reached does.
      return problem?.kind === "remote-refused" ? plain(resources, move, sharing) : outcomes;
    });

  const flush = (): Promise<Problem | null> =>
    turns.take([""], async () => {
      await losing;
      const changes = pending().filter(({ operation }) => guardsOf(operation).length === 0);
      const store = changes.length === 0 ? undefined : await request.remote();
      if (!store) return null;
      const unguarded = changes.map((change) => ({ ...change, guarded: false }));
      return settle(store, unguarded, await push(store, unguarded, []));
    });

  const soon = () => {
    if (callOff || ended || !isAuto()) return;
    const wait = Math.max(0, last + intervalMs() - clock.monotonic());
    callOff = alarm(wait, () => {
      void flush()
        .then((problem) => problem !== null)
        .catch(() => true)
        .then((isOwed) => {
          callOff = undefined;
          if (isOwed) soon();
        });
    });
  };

  return {
    carry,
    flush,
    soon,
    publishNow: (operations, move) =>
      turns.take([""], async () => {
        const changes = pending().filter(({ operation }) => operation !== null && operations.includes(operation));
        const store = changes.length === 0 ? undefined : await request.remote();
        if (!store) return null;
        const chosen = guardedOf(changes);
        const guards = [...new Set(chosen.flatMap((each) => each.guards))];
        return (await publishWith(guards, chosen, move, store)).problem;
      }),
    lost(operation, why) {
      const isOurs = (change: LoggedChange) =>
        change.operation !== null && !isEntry(change) && familyOf(change.operation).includes(operation);
      const refused = refuse(pending().filter(isOurs), why);
      losing = Promise.allSettled([losing, refused]);
      return refused;
    },
    end() {
      ended = true;
      callOff?.();
    },
  };
}

type Pushed = Parameters<typeof publishChanges>[0]["changes"][number];
type Guarded = { change: LoggedChange /** Shared locks under which it was made. */; guards: string[] };

/** An entry of a log tells what was, whoever has the lock now: nobody else writes the same one. */
const isEntry = ({ changes }: LoggedChange) => changes.every(({ kind }) => kind === "append");

/** Of a lock that is still ours: what it guards is still to be published, too. */
const notNow = (outcomes: ReadonlyMap<string, Outcome>): Problem | null =>
  [...outcomes.values()].find((outcome) => outcome.kind === "not-now")?.problem ?? null;

const isMoved = (store: PrivateStore, resource: string, moves: readonly RefMove[]) =>
  moves.some(({ ref }) => ref === lockRef(store, resource));
/** Git could not do what it can with a whole store. */
const isOfStore = (thrown: unknown) => thrown instanceof GarzaError && thrown.problem.kind === "input-output";
const sequencesOf = (changes: readonly LoggedChange[]) => changes.map(({ sequence }) => sequence);

function metText({ file, path, theirs, ours, isKept }: Met): string {
  const [there, here] = [theirs, ours].map((value) => JSON.stringify(value ?? null));
  const end = isKept ? `was replaced by ${here}` : `stays: ${here} was set without a lock, and is not published`;
  return `${file} ${path}: ${there}, written elsewhere meanwhile, ${end}`;
}

const nothing: MoveResult = { kind: "settled", refs: new Map() };

/** `[skip ci]`: state is no change of code. */
function messageOf(changes: readonly LoggedChange[]): string {
  const files = [...new Set(changes.map(({ file }) => file.split("/").at(-1)))];
  const operations = [...new Set(changes.flatMap(({ operation }) => operation ?? []))];
  const subject = `garza: state of ${files.slice(0, 3).join(", ")}${files.length > 3 ? ", …" : ""} [skip ci]`;
  return [subject, "", ...operations.map(operationLine)].join("\n").trim();
}
