/** Local processes of steps, and commands that only look. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { childEnvironment } from "../core/environment.ts";
import { makeFolder, translate } from "../core/files.ts";
import { removeOutput } from "../core/output/cap.ts";
import { outputFile } from "../core/output.ts";
import { removeRunFolder, runFolders } from "../core/process/evidence.ts";
import { extendRun } from "../core/process/until.ts";
import type { ProcessRequest, ProcessResult } from "../steps/step.ts";
import type { Script } from "../template/shell/render.ts";
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
  request: ProcessRequest;
  /** What is gone without a record is started again. */
  mayRepeat: boolean;
  /** Which of the attempt's processes, from 0. */
  number: number;
};

/** Throws the signal's reason when it was stopped, `timed-out` for the request's own limit. */
export function spawnStep(process: StepProcess): Promise<ProcessResult> {
  const { run, attempt, options, signal, request, number, mayRepeat } = process;
  const { data } = run.world.places;
  const token = `${attempt.token}-${number}`;
  // What a sensitive step prints goes with its run folder.
  const fileOf = (stream: "out" | "err") =>
    options.sensitive ? join(data, "run", `${token}.${stream}`) : outputFile(data, run.id, attempt.sequence, stream);
  makeFolder(dirname(fileOf("out")));
  const fence = [...run.tokens.values()].join(",");
  const until = run.world.locks.until(family(run));
  const folder = join(data, "run", token);
  // As long as its locks are renewed it may go on; without us, no longer than nobody else can have them.
  const unlisten = run.world.locks.listen(({ type, operation }) => {
    const later =
      type === "renewed" && family(run).includes(operation) ? run.world.locks.until(family(run)) : undefined;
    if (later !== undefined) for (const each of runFolders(folder)) extendRun(each, later);
  });
  return runProcess({
    ...programOf(run.world, request, fence === "" ? {} : { GARZA_FENCE: fence }),
    name: attempt.name,
    folder,
    ...(until !== undefined && { until }),
    out: fileOf("out"),
    err: fileOf("err"),
    signal,
    timeoutMs: request.timeoutMs,
    stepLimit:
      options.timeoutMs === undefined ? undefined : { timeoutMs: options.timeoutMs, startedAt: attempt.startedAt },
    graceMs: options.killGraceMs,
    boot: attempt.boot,
    mayRepeat,
    onStart: (handle) => recorded(run.world.journal.noteHandle(attempt, handle)),
    warn: (message) => warn(run, attempt.key, `step ${attempt.name}: ${message}`),
  }).finally(unlisten);
}

/** Once the result is recorded nobody needs what proved it. */
export function removeRunFolders({ places }: ReadOnlyWorld, token: string): void {
  for (let number = 0; ; number++) {
    const first = join(places.data, "run", `${token}-${number}`);
    const folders = runFolders(first);
    if (folders.length === 0) return;
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

type Check = { world: ReadOnlyWorld; script: Script; timeoutMs: number; signal: AbortSignal };

/** A command that only looks: a prerequisite, a step's `check`. It leaves no record. */
export async function runShellCheck({ world, script, timeoutMs, signal }: Check): Promise<ProcessResult> {
  const parent = makeTemporary();
  try {
    return await runProcess({
      ...programOf(world, { run: { script, shell: "sh" }, directory: world.places.root }, {}),
      name: "check",
      folder: join(parent, "run"),
      out: join(parent, "out"),
      err: join(parent, "err"),
      signal,
      timeoutMs,
      stepLimit: undefined,
      graceMs: 1_000,
      boot: undefined,
      mayRepeat: false,
      onStart: async () => {},
      warn: async () => {},
    });
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** A step's `check` that is a command: whether the effect is there already. */
export async function runCheckCommand({ run, signal }: Frame, script: Script): Promise<boolean> {
  const { exitCode } = await runShellCheck({ world: run.world, script, timeoutMs: 10_000, signal });
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
