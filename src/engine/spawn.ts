/** Local processes of steps, and commands that only look. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { childEnvironment } from "../core/environment.ts";

import { makeFolder, translate } from "../core/files.ts";
import { stepToken } from "../core/ids.ts";

import { removeOutput } from "../core/output/cap.ts";
import { outputFile } from "../core/output.ts";
import { removeRunFolder, runFolders } from "../core/process/evidence.ts";
import { extendRun } from "../core/process/until.ts";
import type { Mapping } from "../core/value.ts";
import type { FarRequest, ProcessRequest, ProcessResult } from "../steps/step.ts";
import type { Script } from "../template/shell/render.ts";
import { farProgramOf } from "./far/far-program.ts";
import { forgetFar } from "./far/forget-far.ts";
import { runFar } from "./far/run-far.ts";
import type { Attempt } from "./journal/journal.ts";
import type { Options } from "./options.ts";
import { type Frame, family, type Run, warn } from "./run.ts";
import { runProcess } from "./run-process.ts";
import { recorded } from "./stand-back.ts";
import type { ReadOnlyWorld } from "./world.ts";

type StepProcess = {
  run: Run;
  attempt: Attempt;
  options: Options;
  signal: AbortSignal;
  request: ProcessRequest | FarRequest;
  /** What is gone without a record is started again. */
  mayRepeat: boolean;
  /** Which of the attempt's processes, from 0. */
  number: number;
  /** A line for the followers. */
  say(text: string): void;
};

/** Throws the signal's reason when it was stopped, `timed-out` for the request's own limit. */
export function spawnStep(process: StepProcess): Promise<ProcessResult> {
  const { run, attempt, options, signal, request, number, mayRepeat, say } = process;
  const { data } = run.world.places;
  const token = `${attempt.token}-${number}`;
  // What a sensitive step prints goes with its run folder.
  const fileOf = (stream: "out" | "err") =>
    options.sensitive ? join(data, "run", `${token}.${stream}`) : outputFile(data, run.id, attempt.sequence, stream);
  makeFolder(dirname(fileOf("out")));
  const fence = [...run.tokens.values()].join(",");
  const folder = join(data, "run", token);
  const more = fence === "" ? {} : { GARZA_FENCE: fence };
  const common = {
    name: attempt.name,
    folder,
    out: fileOf("out"),
    err: fileOf("err"),
    signal,
    timeoutMs: request.timeoutMs,
    stepLimit:
      options.timeoutMs === undefined ? undefined : { timeoutMs: options.timeoutMs, startedAt: attempt.startedAt },
    graceMs: options.killGraceMs,
    boot: attempt.boot,
    mayRepeat,
    onStart: (handle: Mapping) => recorded(run.world.journal.noteHandle(attempt, handle)),
    warn: (message: string) => warn(run, attempt.key, `step ${attempt.name}: ${message}`),
  };
  const until = () => run.world.locks.until(family(run));
  if ("host" in request) {
    const { connections, clock } = run.world;
    return runFar({ ...farProgramOf(request, more), ...common, until, connections, clock, say });
  }
  // As long as its locks are renewed it may go on; without us, no longer than nobody else can have them.
  const unlisten = run.world.locks.listen(({ type, operation }) => {
    const later = type === "renewed" && family(run).includes(operation) ? until() : undefined;
    if (later !== undefined) for (const each of runFolders(folder)) extendRun(each, later);
  });
  const limit = until();
  const limited = limit !== undefined && { until: limit };
  return runProcess({ ...programOf(run.world, request, more), ...common, ...limited }).finally(unlisten);
}

/** Once the result is recorded nobody needs what proved it. */
export function removeRunFolders({ places, connections }: ReadOnlyWorld, token: string): void {
  for (let number = 0; ; number++) {
    const first = join(places.data, "run", `${token}-${number}`);
    const folders = runFolders(first);
    if (folders.length === 0) return;
    forgetFar(connections, folders);
    folders.forEach(removeRunFolder);
    for (const stream of ["out", "err"]) removeOutput(`${first}.${stream}`);
  }
}

/** Throws `input-output`, `storage-full` where the machine's folder for such things can't be written. */
function makeTemporary(): string {
  try {
    return mkdtempSync(join(tmpdir(), "garza-check-"));
  } catch (cause) {
    throw translate(cause, tmpdir());
  }
}

type Check = {
  world: ReadOnlyWorld;
  script: Script;
  /** Another machine. */
  host?: string | undefined;
  timeoutMs: number;
  signal: AbortSignal;
};

/** A command that only looks: a prerequisite, a step's `check`. It leaves no record. */
export async function runShellCheck({ world, script, host, timeoutMs, signal }: Check): Promise<ProcessResult> {
  const parent = makeTemporary();
  const folder = join(parent, `${stepToken()}-0`);
  try {
    const common = {
      name: "check",
      folder,
      out: join(parent, "out"),
      err: join(parent, "err"),
      signal,
      timeoutMs,
      stepLimit: undefined,
      graceMs: 1_000,
      boot: undefined,
      mayRepeat: true,
      onStart: async () => {},
      warn: async () => {},
    };
    const run = { script, shell: "sh" };
    if (host === undefined)
      return await runProcess({ ...programOf(world, { run, directory: world.places.root }, {}), ...common });
    const { connections, clock } = world;
    return await runFar({ ...farProgramOf({ host, run }, {}), ...common, connections, clock, say: () => {} });
  } finally {
    forgetFar(world.connections, runFolders(folder));
    rmSync(parent, { recursive: true, force: true });
  }
}

/** A step's `check` that is a command: whether the effect is there already. */
export async function runCheckCommand({ run, signal }: Frame, script: Script, host?: string): Promise<boolean> {
  const { exitCode } = await runShellCheck({ world: run.world, script, host, timeoutMs: 10_000, signal });
  return exitCode === 0;
}

function programOf(
  { env }: ReadOnlyWorld,
  { run, directory, env: own, stdin, inheritFd }: ProcessRequest,
  more: Record<string, string>,
) {
  return {
    run:
      "script" in run
        ? { script: run.script.text, interpreter: [run.shell] as const }
        : { argv: [run.program, ...run.args] as const },
    directory,
    env: childEnvironment(env, { ...own, ...more }),
    ...(stdin !== undefined && { stdin }),
    ...(inheritFd !== undefined && { inheritFd }),
  };
}
