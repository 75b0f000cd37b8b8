/**
 * The agent's life: own the data folder, open, recover, serve, work, drain, leave. `garza agent` lives on; `garza run`
 * is the agent while its operation lasts; a command that only writes is one without workers.
 */
import type { Control } from "../api/control.ts";
import type { Reader } from "../api/reader.ts";
import { prepareData } from "../core/data-folder.ts";
import { parseDuration } from "../core/duration.ts";
import type { Listener } from "../core/events.ts";
import { randomHex } from "../core/ids.ts";
import { describe, GarzaError, messageOf, type Problem } from "../core/problem.ts";
import { bootId } from "../core/process/identity.ts";
import type { Masker } from "../core/redact.ts";
import { loadSettings, reloadSettings } from "../core/settings.ts";
import { version } from "../core/version.ts";
import { haveForgotten } from "../engine/far/forget-far.ts";
import { forgetEnded } from "../engine/forget-secrets.ts";
import { drained } from "../engine/stand-back.ts";
import type { World } from "../engine/world.ts";
import type { OperationRow } from "../queue/rows.ts";
import type { Stats } from "../queue/stats.ts";
import { type Owner, type Ownership, ownFolder, type WhenHeld } from "../store/owner.ts";
import { giveUpReserve } from "../store/reserve.ts";
import { openControl } from "./control.ts";
import { followRepository, templateFaults } from "./follow-repository.ts";
import { openHeartbeat } from "./heartbeat.ts";
import { type Machinery, openMachinery } from "./machinery.ts";
import { openReader } from "./reader.ts";
import { serve } from "./serve.ts";
import { secretSources } from "./shown-secrets.ts";
import { socketPlace } from "./socket-place.ts";
import type { Supervisor } from "./supervisor.ts";
import { startUpkeep } from "./upkeep.ts";
import type { Surrounding } from "./world.ts";

export type AgentOptions = Surrounding & {
  /** What was typed, for who finds the folder taken. */
  command: string;
  /** Operations at once; 0: nothing is run. Default: the setting `queue.max_concurrent`. */
  workers?: number | undefined;
  /** Runs only what is submitted to it, and what it is told to carry on. */
  onlyOwn?: boolean;
  /** When it opens its control socket. */
  serves: "now" | "soon" | "never";
  /** Asked while another process has the folder: whether to wait for it. */
  waits: WhenHeld["waits"];
  /** Asks the person at the terminal; null where there is none. */
  ask?: World["ask"];
  /** Told that the agent is alive, and what it does. */
  supervisor?: Supervisor;
  /** A line for the log, or for the person at the terminal. */
  say(message: string): void;
  /** Hears of everything that happens, from the first operation that is taken up. */
  onEvent?: Listener;
  onBug(thrown: unknown, operation: string): void;
  /** Gives up waiting for the folder. */
  signal?: AbortSignal | undefined;
};

export type Agent = {
  control: Control;
  reader: Reader;
  note: Owner;
  /** Throws `operation-unknown`. */
  row(id: string): OperationRow;
  listen(listener: Listener): () => void;
  /** Operations that ran when an earlier process died. */
  recovered: readonly string[];
  /** Masks what the files of running steps hold, on its way to a person. */
  masker: Masker;
  /** What was thrown in an operation and is no problem: a bug of GARZA. */
  bugOf(id: string): unknown;
  /** Resolves when nothing runs, and nothing waits that could go on without a person or the clock. */
  idle(): Promise<void>;
  /** Resolves when the journal can't be written any more: nobody may go on. */
  broken: Promise<Problem>;
  /** Operations by status, as they are now. */
  counts(): Pick<Stats, "running" | "queued" | "interrupted">;
  /** Reads the configuration again. Returns why it is refused, the one before being kept; null: it is in force. */
  reload(): Problem | null;
  /**
   * Nothing further is begun; running steps get `graceMs` (default: the setting `agent.drain_timeout`), less in a
   * hurry, and stay under their wrappers then. Resolves with the operations that were cut off so.
   */
  leave(graceMs?: number, hurry?: AbortSignal): Promise<string[]>;
};

/** Null: another process has the folder, and it was not waited for. Throws `data-damaged`, `configuration`, … */
export async function startAgent(options: AgentOptions): Promise<Agent | null> {
  const { places, env, clock, command, signal, waits, onlyOwn = false } = options;
  const machine = prepareData(places).id;
  const settings = loadSettings(places, env);
  const limit = () => options.workers ?? Number(settings["queue.max_concurrent"].value);
  const instance = randomHex(6);
  const note: Owner = {
    pid: process.pid,
    instance,
    command,
    since: clock.now(),
    socket: null,
    workers: limit(),
    version,
    configured: clock.now(),
    refused: null,
    secrets: [],
  };

  const own = () => ownFolder(places.data, note, { clock, waits, signal });
  const ownership = await own().catch((thrown: unknown) => {
    const isFull = thrown instanceof GarzaError && thrown.problem.kind === "storage-full";
    // The room that is kept for a full disk is for what ran: nobody else may use it up.
    if (!isFull || onlyOwn || limit() === 0) throw thrown;
    giveUpReserve(places.data);
    return own();
  });
  if (!ownership) return null;
  try {
    return await live(options, ownership, { machine, settings, limit, instance, note });
  } catch (thrown) {
    ownership.release();
    throw thrown;
  }
}

type Found = Pick<Parameters<typeof openMachinery>[0], "machine" | "settings" | "limit" | "instance"> & { note: Owner };

async function live(options: AgentOptions, ownership: Ownership, found: Found): Promise<Agent> {
  const { places, env, onlyOwn = false, serves, ask = null, say, onBug } = options;
  const { settings, limit, note } = found;
  const leave = new AbortController();
  const broken = Promise.withResolvers<Problem>();
  const machinery = openMachinery({ ...options, ...found, onlyOwn, ask, leave, onBroken: broken.resolve });
  const { store, events, world, workers, history } = machinery;
  const closed = (thrown: unknown): never => {
    store.close();
    throw thrown;
  };
  const recovered = await recover(machinery).catch(closed);

  const now = world.clock.now;
  const reader = openReader({ history, settings, workers: limit, now, places, env });
  const [onChange, onAccepted, onCancel] = [workers.wake, workers.allow, workers.cancel];
  const control = openControl({ world, events, history, isFull: store.isFull, onChange, onAccepted, onCancel });
  // For who stays: a run that is over in a moment need not read every template.
  if (serves === "now") note.secrets = sourcesOf(world);
  const socket = serves === "never" ? null : socketPlace(places, env);
  const server =
    serves === "never" || socket === null
      ? null
      : await serve({
          when: serves,
          socket,
          control,
          reader,
          note,
          ownership,
          onBug: (thrown) => onBug(thrown, ""),
        }).catch(closed);

  const { supervisor, clock } = options;
  const counts = () => history.stats({ workers: limit(), maxConcurrent: limit(), now: now() });
  const onTick = supervisor ? openHeartbeat({ supervisor, store, clock, counts }) : () => {};
  const runs = limit() > 0;
  const lookMs = Math.min(2_000, (supervisor?.watchdogMs ?? Number.POSITIVE_INFINITY) / 8);
  const upkeep = { world, store, events, onChange: workers.wake, onTick, lookMs, say };
  const endUpkeep = runs ? startUpkeep(upkeep) : () => {};
  if (options.onEvent) events.listen(options.onEvent);
  if (!onlyOwn && runs) {
    await workers.takeUp(recovered);
    // What can't be told the remote now is asked of it when the operation goes on.
    void Promise.all([world.locks.adopt(), world.sharing.repair()]).catch((thrown: unknown) => {
      if (!(thrown instanceof GarzaError)) onBug(thrown, "");
    });
  }
  workers.wake();

  const reload = () => {
    const refused = refusalOf(() => reloadSettings(settings, places, env));
    const now = { workers: limit(), configured: clock.now(), refused: refused && describe(refused) };
    Object.assign(note, { ...now, secrets: sourcesOf(world) });
    ownership.announce(note);
    if (refused) say(`the configuration is refused, and the one before stays in force: ${describe(refused)}`);
    else say(`the configuration was read again: ${limit()} at once`);
    for (const fault of templateFaults(world)) say(fault);
    workers.wake();
    return refused;
  };
  const endFollowing = runs && !onlyOwn ? followRepository({ world, onMoved: reload, say, onBug }) : async () => {};

  const leaveOnce = async (graceMs: number, hurry: AbortSignal) => {
    leave.abort(drained());
    endUpkeep();
    await endFollowing();
    await Promise.race([workers.drain(graceMs, hurry), broken.promise]);
    const left = workers.running();
    await workers.release();
    // Who only writes something down leaves the rest to those who come to work.
    if (runs) await settle(world, hurry, say);
    world.sharing.end();
    await server?.stop();
    await haveForgotten(world.connections);
    store.close();
    // Not before: a step whose line is closed must not be recorded as one that failed.
    await world.connections.close();
    ownership.release();
    return left;
  };
  let left: Promise<string[]> | undefined;

  return {
    control,
    reader,
    note,
    row: (id) => history.operation(id),
    listen: (listener) => events.listen(listener),
    recovered,
    masker: world.masker,
    bugOf: workers.bugOf,
    idle: workers.idle,
    broken: broken.promise,
    counts,
    reload,
    leave(graceMs = parseDuration(settings["agent.drain_timeout"].value), hurry = new AbortController().signal) {
      left ??= leaveOnce(graceMs ?? 0, hurry);
      return left;
    },
  };
}

function sourcesOf({ places, library, env }: World): Owner["secrets"] {
  const texts = library.names().map((name) => library.find(name).text);
  return secretSources(places.data, texts, { env, platform: process.platform });
}

function refusalOf(work: () => void): Problem | null {
  try {
    work();
    return null;
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.problem;
    throw thrown;
  }
}

/** Other machines need not wait for a lease to run out. What can't be told them now, the next process tells. */
async function settle({ sharing, clock }: World, hurry: AbortSignal, say: AgentOptions["say"]): Promise<void> {
  const enough = new AbortController();
  const late = clock.sleep(settleMs, AbortSignal.any([hurry, enough.signal])).then(
    () => `no answer within ${settleMs / 1000} s`,
    () => null,
  );
  const settled = sharing.settled().then((owed) => owed && describe(owed), messageOf);
  const why = await Promise.race([settled, late]);
  enough.abort();
  if (why !== null) say(`locks or state are still owed to other machines, and given by the next garza here: ${why}`);
}

const settleMs = 15_000;

/** Before anything is begun. Killed in the middle and started again, it ends the same. */
async function recover({ queue, world }: Machinery): Promise<string[]> {
  const recovered = await queue.takeOver(bootId());
  await queue.wakeAll();
  await forgetEnded(queue, world.places.data);
  await world.locks.refreshMirror();
  world.locks.awaited(queue.awaitedLocks());
  await world.notifier.deliverPending();
  return recovered;
}
