/** The slots in which operations run. Nothing is polled: whoever changes what may run says `wake`. */
import { GarzaError, messageOf, problem } from "../core/problem.ts";
import { begin } from "../engine/begin.ts";
import { execute } from "../engine/execute.ts";
import { forgetSecrets } from "../engine/forget-secrets.ts";
import type { Run } from "../engine/run.ts";
import type { World } from "../engine/world.ts";
import type { OperationRow } from "../queue/rows.ts";
import { registries } from "./world.ts";

export type Workers = {
  /** Something may be next. */
  wake(): void;
  /** Takes up what ran when its process died, beside the limit: its commands run already. */
  takeUp(ids: readonly string[]): Promise<void>;
  /** With `onlyOwn`: this one may run, too. */
  allow(id: string): void;
  /** Stops the run, if it is at hand; the request is recorded by then. */
  cancel(id: string, by: string): void;
  running(): string[];
  /** Resolves when nothing runs, and nothing is left that could without a person or the clock. */
  idle(): Promise<void>;
  /** What was thrown in an operation and is no problem. */
  bugOf(id: string): unknown;
  /** No further step is begun; resolves when those that run have ended, at the latest after `graceMs` or in a hurry. */
  drain(graceMs: number, hurry: AbortSignal): Promise<void>;
  /** What still runs goes back into the queue; its steps stay under their wrappers. */
  release(): Promise<void>;
};

export type WorkersRequest = {
  world: World;
  /** Operations at once, as it is now. */
  limit(): number;
  /** Runs nothing but what it is told to. */
  onlyOwn: boolean;
  /** The disk is full: what runs may end, nothing is begun. */
  isFull(): boolean;
  leave: AbortController;
  onBug(thrown: unknown, operation: string): void;
};

/** While more urgent ones keep coming, every fourth claim goes to the one that has waited longest, and longer than this. */
const overdueMs = 30 * 60 * 1000;
const overdueEvery = 4;

export function openWorkers({ world, limit, onlyOwn, isFull, leave, onBug }: WorkersRequest): Workers {
  const { queue, clock, claimant, places } = world;
  const live = new Map<string, { run: Run | null; row: OperationRow; done: Promise<void> }>();
  const own = new Set<string>();
  const bugs = new Map<string, unknown>();
  /** They stopped where the disk was full, and not even that could be recorded. */
  let stranded: OperationRow[] = [];
  let waiters: (() => void)[] = [];
  let claims = 0;
  let pumping = false;
  let again = false;

  const claimNext = async (): Promise<OperationRow | "more" | null> => {
    if (onlyOwn && own.size === 0) return null;
    const isTurn = ++claims % overdueEvery === 0;
    const chosen = await queue.claimNext({
      claimant,
      ids: onlyOwn ? [...own] : null,
      overdueBefore: isTurn ? clock.now() - overdueMs : null,
    });
    return chosen.kind === "claimed" ? chosen.row : chosen.kind === "more" ? "more" : null;
  };

  const pump = async () => {
    if (stranded.length > 0 && !isFull()) await takeBack();
    while (live.size < limit() && !leave.signal.aborted && !isFull()) {
      const next = await claimNext();
      if (next === null) break;
      if (next !== "more") work(next);
    }
  };

  /** Each is carried on where the journal left it. */
  const takeBack = async () => {
    const rows = stranded;
    stranded = [];
    for (const row of rows) await waitForSpace(row);
  };

  const waitForSpace = async (row: OperationRow): Promise<void> => {
    for (const child of queue.children(row.id)) if (child.status === "running") await waitForSpace(child);
    const back = { reason: "storage", waitingFor: null, wakeAt: null };
    await queue.standBack({ id: row.id, epoch: row.epoch }, back).catch((thrown: unknown) => {
      // Where the row has another holder, or nothing can be written any more, the next start finds it as it is.
      if (thrown instanceof GarzaError && thrown.problem.kind === "storage-full") stranded.push(row);
    });
  };

  const wake = () => {
    again = true;
    if (pumping) return;
    pumping = true;
    void (async () => {
      try {
        while (again) {
          again = false;
          await pump();
        }
      } catch (thrown) {
        if (!(thrown instanceof GarzaError)) onBug(thrown, "");
      } finally {
        pumping = false;
        tellIdle();
      }
    })();
  };

  const work = (row: OperationRow) => {
    const { id } = row;
    const done = runOne(row).finally(() => {
      live.delete(id);
      wake();
    });
    live.set(id, { run: null, row, done });
  };

  const runOne = async (row: OperationRow) => {
    try {
      const run = await begin({ ...world, ...registries(world) }, row);
      const entry = live.get(row.id);
      if (entry) entry.run = run;
      // Asked for between the claim and now. One that is carried on goes back from where it was.
      const { cancel_by: by } = queue.operation(row.id) ?? row;
      if (by !== null && run.past) run.past.stop ??= { kind: "cancelled", by };
      else if (by !== null) run.stop.abort(problem({ kind: "cancelled", by }));
      const outcome = await execute(run);
      if (outcome.bug !== undefined) {
        bugs.set(row.id, outcome.bug);
        onBug(outcome.bug, row.id);
      }
      if (outcome.status === "queued") return;
      if (outcome.status !== "interrupted") {
        own.delete(row.id);
        await forgetSecrets(queue, places.data, row.id);
      }
    } catch (thrown) {
      await giveBack(row, thrown);
    }
  };

  /** Something else than its steps failed: the journal, or this program. */
  const giveBack = async (row: OperationRow, thrown: unknown) => {
    const isProblem = thrown instanceof GarzaError;
    if (!isProblem) {
      bugs.set(row.id, thrown);
      onBug(thrown, row.id);
    }
    if (isProblem && ["storage-full", "input-output", "busy"].includes(thrown.problem.kind)) return waitForSpace(row);
    const claim = { id: row.id, epoch: row.epoch };
    const attention = `carry it on: garza queue resume ${row.id}`;
    const found = {
      reason: isProblem ? "can_not_go_on" : "bug",
      error: messageOf(thrown),
      failed_step: null,
      attention,
    };
    await queue.interrupt(claim, found).catch(() => {});
  };

  const tellIdle = () => {
    if (waiters.length === 0) return;
    const isBusy = live.size > 0 || stranded.length > 0 || pumping || again;
    if (!leave.signal.aborted && (isBusy || queue.mayGoOn(onlyOwn ? [...own] : null))) return;
    for (const waiter of waiters) waiter();
    waiters = [];
  };

  return {
    wake,
    async takeUp(ids) {
      for (const id of ids) {
        const row = queue.operation(id);
        if (row?.parent !== null || row.status !== "queued") continue;
        // A request that has come meanwhile may have woken the slots, and one of them has it then.
        const claimed = await queue.claim(id, claimant).catch(nullWhereTaken);
        if (claimed) work(claimed);
      }
    },
    allow(id) {
      own.add(id);
    },
    cancel(id, by) {
      live.get(id)?.run?.stop.abort(problem({ kind: "cancelled", by }));
    },
    running: () => [...live.keys(), ...stranded.map(({ id }) => id)],
    idle() {
      const idle = Promise.withResolvers<void>();
      waiters.push(idle.resolve);
      wake();
      return idle.promise;
    },
    bugOf: (id) => bugs.get(id),
    async drain(graceMs, hurry) {
      const stopped = Promise.all([...live.values()].map(({ done }) => done));
      const grace = new AbortController();
      await Promise.race([stopped, clock.sleep(graceMs, AbortSignal.any([grace.signal, hurry])).catch(() => {})]);
      grace.abort();
    },
    async release() {
      const back = { reason: "drained", waitingFor: null, wakeAt: null };
      await Promise.allSettled(
        [...live.values()].map(({ row: { id, epoch } }) => queue.standBack({ id, epoch }, back)),
      );
    },
  };
}

function nullWhereTaken(thrown: unknown): null {
  if (thrown instanceof GarzaError && thrown.problem.kind === "busy") return null;
  throw thrown;
}
