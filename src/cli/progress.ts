/** What the events of a running operation add up to; the views draw it. Knows nothing of terminals. */
import type { OperationEvent, StepPhase, StepStatus } from "../core/events.ts";

export type StepProgress = {
  operation: string;
  key: string;
  /** The name, with its place in a loop or its branch where it has one: `[3] check`. */
  label: string;
  type: string;
  phase: StepPhase;
  status: StepStatus;
  /** 0 at the top. */
  depth: number;
  parent: StepProgress | null;
  attempt: number;
  startedAt: number;
  durationMs: number | null;
  /** What it last said, or why it waits for another attempt. */
  said: string | null;
  error: string | null;
  /** Nested steps that run, failed, or are few; the others are only counted. */
  children: StepProgress[];
  counts: Record<StepStatus, number>;
  /** Its last lines of output. */
  tail: string[];
};

/** Nested steps of one parent that are kept one by one once they have succeeded. */
export const keptChildren = 12;
const keptTail = 5;

export type Progress = {
  /** The first operation that started: the one that is watched. */
  operation: string | null;
  template: string | null;
  startedAt: number | null;
  /** Someone asked for the end. */
  isCancelled: boolean;
  running: ReadonlySet<StepProgress>;
  /** Takes an event in. Returns the step it is about, if any. */
  apply(event: OperationEvent): StepProgress | null;
  line(operation: string, key: string, text: string): void;
  step(operation: string, key: string): StepProgress | null;
  done: number;
};

export function trackProgress(): Progress {
  const steps = new Map<string, StepProgress>();
  const parents = new Map<string, StepProgress | null>();
  const running = new Set<StepProgress>();
  const find = (operation: string, key: string) => steps.get(`${operation} ${key}`) ?? null;

  const start = (event: Extract<OperationEvent, { type: "step-started" }>) => {
    const known = find(event.operation, event.key);
    const parent = event.parent === null ? (parents.get(event.operation) ?? null) : find(event.operation, event.parent);
    const step = known ?? newStep(event, parent);
    if (!known) parent?.children.push(step);
    Object.assign(step, { status: "running", attempt: event.attempt, said: event.description ?? null, error: null });
    steps.set(`${event.operation} ${event.key}`, step);
    running.add(step);
    return step;
  };

  const finish = (event: Extract<OperationEvent, { type: "step-finished" }>) => {
    const step = find(event.operation, event.key) ?? skipped(event);
    Object.assign(step, { status: event.status, error: event.error, durationMs: event.duration_ms, said: null });
    running.delete(step);
    if (step.parent) leave(step, step.parent);
    else progress.done++;
    steps.delete(`${event.operation} ${event.key}`);
    return step;
  };

  /** A step that is skipped never starts: its parent is the running step whose key begins its own. */
  const skipped = (event: Extract<OperationEvent, { type: "step-finished" }>) => {
    const around = [...running].filter(
      ({ operation, key }) =>
        operation === event.operation && /^[/[#]/.test(event.key.slice(key.length)) && event.key.startsWith(key),
    );
    const parent = around.sort((a, b) => b.key.length - a.key.length)[0] ?? parents.get(event.operation) ?? null;
    const { operation, key, name, at } = event;
    const step = newStep(
      { operation, key, name, at, parent: parent?.key ?? null, step_type: "", phase: "steps", attempt: 0 },
      parent,
    );
    parent?.children.push(step);
    return step;
  };

  const progress: Progress = {
    operation: null,
    template: null,
    startedAt: null,
    isCancelled: false,
    running,
    done: 0,
    step: find,
    apply(event) {
      if (event.type === "step-started") return start(event);
      if (event.type === "step-finished") return finish(event);
      if (event.type === "cancel-requested") progress.isCancelled = true;
      if (event.type === "operation-started") {
        progress.operation ??= event.operation;
        progress.template ??= event.template;
        progress.startedAt ??= event.at;
        // A nested operation's steps stand under the step that loads it.
        const loading = [...running].findLast(
          (step) => step.operation === event.parent && step.type === "load_operation",
        );
        parents.set(event.operation, loading ?? null);
      }
      if (event.type !== "step-said" && event.type !== "step-retrying") return null;
      const step = find(event.operation, event.key);
      if (step) step.said = event.type === "step-said" ? event.text : `attempt ${event.attempt} failed: ${event.error}`;
      return step;
    },
    line(operation, key, text) {
      const step = find(operation, key);
      if (!step || text.trim() === "") return;
      step.tail.push(text);
      if (step.tail.length > keptTail) step.tail.shift();
    },
  };
  return progress;
}

/** A finished nested step is counted, and kept only when it tells something or there are few. */
function leave(step: StepProgress, parent: StepProgress): void {
  parent.counts[step.status]++;
  const finished = parent.children.filter(({ status }) => status !== "running");
  if (finished.length <= keptChildren) return;
  const dropped = finished.find(({ status }) => status === "success" || status === "skipped") ?? step;
  parent.children = parent.children.filter((child) => child !== dropped);
}

type Start = Omit<Extract<OperationEvent, { type: "step-started" }>, "type" | "row" | "sequence" | "description">;

function newStep(event: Start, parent: StepProgress | null): StepProgress {
  return {
    operation: event.operation,
    key: event.key,
    label: labelOf(event.key, event.name, event.parent),
    type: event.step_type,
    phase: event.phase,
    status: "running",
    depth: parent ? parent.depth + 1 : 0,
    parent,
    attempt: event.attempt,
    startedAt: event.at,
    durationMs: null,
    said: null,
    error: null,
    children: [],
    counts: { running: 0, success: 0, failed: 0, skipped: 0, unknown: 0 },
    tail: [],
  };
}

/** `steps/each[3]/steps/check` within `steps/each` is `[3] check`. */
export function labelOf(key: string, name: string, parent: string | null): string {
  const position =
    parent !== null && key.startsWith(parent) ? /^(\[\d+\])?/.exec(key.slice(parent.length))?.[1] : undefined;
  return position ? `${position} ${name}` : name;
}
