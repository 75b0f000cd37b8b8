/**
 * `garza run` without an agent: it owns the data folder while it lasts, records what an earlier process
 * left behind, runs what was submitted to it, and leaves.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { prepareData } from "../core/data-folder.ts";
import type { Listener } from "../core/events.ts";
import { makeFolder } from "../core/files.ts";
import { problem } from "../core/problem.ts";
import type { Fault } from "../core/problems.ts";
import { bootId } from "../core/process/identity.ts";
import type { Masker } from "../core/redact.ts";
import { carryOn, resolveStep, type Verdict } from "../engine/carry-on.ts";
import { execute, type Outcome } from "../engine/execute.ts";
import { forgetEnded, forgetSecrets } from "../engine/forget-secrets.ts";
import { openJournal } from "../engine/journal/journal.ts";
import { keep } from "../engine/parameter-secrets.ts";
import { newRun, type Run } from "../engine/run.ts";
import { type Prepared, prepare, type Request } from "../engine/submit.ts";
import type { World } from "../engine/world.ts";
import { type JournalPoint, openEventLog } from "../queue/event-log.ts";
import { openQueue } from "../queue/queue.ts";
import { type Owner, ownFolder } from "../store/owner.ts";
import { openStore } from "../store/store.ts";
import type { TemplateSource } from "../template/library.ts";
import { outcomeOf } from "./outcome.ts";
import { recover } from "./recover.ts";
import { openWorld, type Surrounding } from "./world.ts";

export type ForegroundOptions = Surrounding & {
  askedBy: string;
  /** Asks the person at the terminal; null where there is none. */
  ask: World["ask"];
  /** Another process owns the data folder: who it is (null: not known yet). Called once. */
  onWait(owner: Owner | null): void;
  onListenerError(cause: unknown): void;
  /** Told what has no operation to stay with. */
  warn(message: string): void;
  /** Gives up waiting. */
  signal?: AbortSignal;
};

export type Submitted = { id: string; warnings: Fault[] };

export type Foreground = {
  /** The operation is durable when this resolves. Throws `template-…`, `parameters`, `key-used`. */
  submit(template: string | TemplateSource, request: Omit<Request, "askedBy" | "parent">): Promise<Submitted>;
  /** Runs it to its end; aborting `cancel` takes the way of failure (rollback included). */
  run(id: string, cancel: AbortSignal): Promise<Outcome>;
  /** Carries on an interrupted operation from its journal. */
  resume(id: string, cancel: AbortSignal): Promise<Outcome>;
  /** Records what a person says became of a step that nobody could tell of. */
  resolve(id: string, step: string, verdict: Verdict): Promise<void>;
  listen(listener: Listener): () => void;
  /** What an earlier process left in the middle: ids that are now `interrupted`. */
  interrupted: readonly string[];
  /** Masks what the files of running steps hold, on its way to a person. */
  masker: Masker;
  close(): Promise<void>;
};

export async function openForeground(options: ForegroundOptions): Promise<Foreground> {
  const { places, env, clock, askedBy, ask, onWait, onListenerError, warn, signal } = options;
  const machine = prepareData(places);
  const instance = randomBytes(6).toString("hex");
  const me = { pid: process.pid, instance, command: "garza run", since: clock.now() };
  const ownership = await ownFolder(places.data, me, clock, onWait, signal);
  const store = openStore(join(places.data, "garza.db"), clock.now);
  makeFolder(join(places.data, "run"));
  const passed = killAt(env.GARZA_KILL_AT);
  const events = openEventLog(store, { now: clock.now, onListenerError, passed });
  const queue = openQueue(store, events, clock.now);
  const interrupted = await recover(store, queue, places);
  const claimant = { machine: machine.id, boot: bootId(), instance, pid: process.pid };
  const world = openWorld(options, { store, queue, journal: openJournal(events, clock.now), claimant, ask, warn });
  await forgetEnded(queue, places.data);
  await world.locks.refreshMirror();
  await world.notifier.deliverPending();
  const waiting = new Map<string, Prepared>();

  const follow = async (run: Run, cancel: AbortSignal): Promise<Outcome> => {
    const release = cancelWith(run, cancel, askedBy);
    try {
      const outcome = await execute(run);
      if (outcome.status !== "interrupted") await forgetSecrets(queue, places.data, run.id);
      return outcome;
    } finally {
      release();
    }
  };

  return {
    interrupted,
    masker: world.masker,
    listen: (listener) => events.listen(listener),
    async submit(template, request) {
      const source = typeof template === "string" ? world.library.find(template) : template;
      const prepared = prepare(world, source, { ...request, askedBy, parent: null });
      const earlier = queue.withKey(prepared.submission);
      if (earlier) return { id: earlier.id, warnings: prepared.warnings };
      keep(places.data, prepared.submission.id, prepared.secrets);
      await queue.submit(prepared.submission);
      waiting.set(prepared.submission.id, prepared);
      return { id: prepared.submission.id, warnings: prepared.warnings };
    },
    async run(id, cancel) {
      const prepared = waiting.get(id);
      if (!prepared) return outcomeOf(queue.operation(id), id);
      waiting.delete(id);
      for (const value of prepared.secrets.values()) world.masker.add(value);
      const claim = await queue.claim(prepared.submission, claimant);
      return follow(newRun({ ...prepared.start, world, claim, lineage: [], startedAt: clock.now() }), cancel);
    },
    async resume(id, cancel) {
      const row = queue.operation(id);
      if (row?.status !== "interrupted" && row?.status !== "queued") return outcomeOf(row, id);
      if (row.parent !== null) {
        throw problem({
          kind: "busy",
          what: `${id} runs within ${row.parent}`,
          next: `garza queue resume ${row.parent}`,
        });
      }
      return follow(await carryOn(world, row, await queue.claim(row, claimant)), cancel);
    },
    resolve: (id, step, verdict) => resolveStep(world, id, step, verdict),
    async close() {
      store.close();
      ownership.release();
    },
  };
}

/** The request is durable before anything is stopped. */
function cancelWith(run: Run, cancel: AbortSignal, by: string): () => void {
  const stop = () =>
    void run.world.queue
      .requestCancel(run.id, by)
      .catch(() => {})
      .then(() => run.stop.abort(problem({ kind: "cancelled", by })));
  if (cancel.aborted) stop();
  cancel.addEventListener("abort", stop, { once: true });
  return () => cancel.removeEventListener("abort", stop);
}

/** `GARZA_KILL_AT=J2#3`: for crash tests, the process ends as by kill -9 when it passes J2 for the third time. */
function killAt(wanted: string | undefined): (point: JournalPoint) => void {
  const [name, count = "1"] = wanted?.split("#") ?? [];
  let left = Number(count);
  return (point) => {
    if (point === name && --left === 0) process.kill(process.pid, "SIGKILL");
  };
}
