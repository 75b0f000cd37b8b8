/** All prerequisites at once, before any step; they change nothing, so nothing is rolled back after them. */
import { parseDuration } from "../core/duration.ts";
import { GarzaError, problem } from "../core/problem.ts";
import { toText } from "../core/value.ts";
import { elsewhere } from "../steps/here.ts";
import type { Rendering } from "../steps/step.ts";
import { type Prerequisite, type Step, type Template, walkSteps } from "../template/template.ts";
import { renderingOf } from "./rendering.ts";
import { type Run, warn } from "./run.ts";
import { runShellCheck } from "./spawn.ts";
import { recorded } from "./stand-back.ts";
import { findTemplate, validate } from "./submit.ts";
import type { ReadOnlyWorld } from "./world.ts";

type Failure = { check: string; why: string; hint?: string };

/** Throws `prerequisite-failed` with every one that does not hold. */
export async function checkPrerequisites(run: Run): Promise<void> {
  const { template, world } = run;
  // Templates look at the mirror files with `test -f`.
  const looksAtLocks = template.prerequisites.some(({ unlocked, command }) => unlocked ?? command?.includes("/locks/"));
  if (looksAtLocks) await lookAround(run);
  else if (template.prerequisites.length > 0) await world.locks.refreshMirror();
  const checks = template.prerequisites.map((prerequisite) => checkOne(run, prerequisite));
  const failures = [...(await Promise.all(checks)), unanswerable(run)].filter((failure) => failure !== null);
  if (run.stop.signal.aborted) throw run.stop.signal.reason;
  if (failures.length > 0) throw problem({ kind: "prerequisite-failed", failures });
}

/** Where the remote can't be asked, what was known last counts: to take a lock it has to answer. */
async function lookAround(run: Run): Promise<void> {
  try {
    await run.world.locks.lookAround();
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    await warn(run, null, `locks of other machines may have changed: ${thrown.message}`);
    await run.world.locks.refreshMirror();
  }
}

async function checkOne(run: Run, prerequisite: Prerequisite): Promise<Failure | null> {
  const rendering = renderingOf({
    template: run.template,
    root: run.world.places.root,
    scope: run.scope,
    where: "prerequisites",
    warn: (message) => void warn(run, null, message),
  });
  const own = [run.id, ...run.lineage];
  const failure = await checkPrerequisite({ world: run.world, own, signal: run.stop.signal }, prerequisite, rendering);
  const check = failure?.check ?? toText(rendering.text(prerequisite.check));
  const { journal, masker } = run.world;
  const why = failure && masker.mask(failure.why);
  await recorded(
    journal.tell(run.id, { type: "prerequisite-checked", check: masker.mask(check), ok: failure === null, why }),
  );
  return failure;
}

export type Checking = {
  world: ReadOnlyWorld;
  /** Operations whose locks are no obstacle: this one and those it runs within. */
  own: readonly string[];
  signal: AbortSignal;
};

/** Null when it holds. */
export async function checkPrerequisite(
  checking: Checking,
  prerequisite: Prerequisite,
  rendering: Rendering,
): Promise<Failure | null> {
  const why = await whyNot(checking, prerequisite, rendering).catch((thrown: unknown) => {
    if (!(thrown instanceof GarzaError) || checking.signal.aborted) throw thrown;
    return thrown.message;
  });
  if (why === null) return null;
  const text = (written: string) => toText(rendering.text(written));
  const { check, hint } = prerequisite;
  return { check: text(check), why, ...(hint !== undefined && { hint: text(hint) }) };
}

async function whyNot(checking: Checking, prerequisite: Prerequisite, rendering: Rendering): Promise<string | null> {
  const { world, signal } = checking;
  const { command, expected, expectedContains, expectedExit, host, unlocked } = prerequisite;
  if (unlocked !== undefined) return lockedBy(checking, placeIn(rendering, "unlocked", unlocked));
  if (command === undefined) return null;
  const far = host === undefined ? undefined : elsewhere(placeIn(rendering, "host", host), world);
  const timeoutMs = parseDuration(rendering.text(prerequisite.timeout)) ?? 30_000;
  const ended = await runShellCheck({ world, script: rendering.shell(command), host: far, timeoutMs, signal });
  const last = ended.stderr.trim().split("\n").at(-1) ?? "";
  const wantedExit = Number(rendering.text(expectedExit));
  if (ended.exitCode !== wantedExit) {
    return `exit ${ended.exitCode ?? ended.signal}, expected ${wantedExit}${last && `: ${last}`}`;
  }
  for (const [wanted, how] of [
    [expected, "expected"],
    [expectedContains, "expected to contain"],
  ] as const) {
    if (wanted === undefined) continue;
    const text = toText(rendering.text(wanted));
    if (!ended.stdout.includes(text))
      return `${how} ${JSON.stringify(text)}, found ${JSON.stringify(brief(ended.stdout))}`;
  }
  return null;
}

/** It says what is looked at: empty would be something else. */
function placeIn(rendering: Rendering, key: string, written: string): string {
  const place = toText(rendering.text(written));
  if (place !== "") return place;
  throw problem({ kind: "value-refused", code: "E_VALUE", where: `prerequisites.${key}`, message: "is empty" });
}

async function lockedBy({ world, own }: Checking, resource: string): Promise<string | null> {
  const holder = await world.locks.holder(resource);
  if (!holder || own.includes(holder.operation)) return null;
  return `locked by ${holder.operator} (operation ${holder.operation}) since ${new Date(holder.since).toISOString()}`;
}

/** An approval that nobody can give is refused before the first step, not in the middle. */
function unanswerable(run: Run): Failure | null {
  if (run.world.ask) return null;
  const step = findApproval(run, run.template);
  if (!step) return null;
  return {
    check: `somebody can approve (step ${step.name})`,
    why: "no terminal to ask on",
    hint: "Run it in a terminal.",
  };
}

/** Its own, or one of the children whose names are known. They are validated, so none of them is its own parent. */
function findApproval(run: Run, template: Template): Step | undefined {
  for (const step of walkSteps(template.steps)) {
    if (step.type === "approval") return step;
    const name = step.type === "load_operation" && step.config.execute !== false ? step.config.template : undefined;
    if (typeof name !== "string" || !Object.hasOwn(run.attached, name)) continue;
    const within = findApproval(run, validate(run.world, findTemplate(run.world, name, run.attached)).template);
    if (within) return within;
  }
  return undefined;
}

const brief = (text: string) => (text.trim().length > 200 ? `${text.trim().slice(0, 200)}…` : text.trim());
