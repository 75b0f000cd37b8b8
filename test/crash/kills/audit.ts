/** Judges by the database and by the effects, after kills: the program's own word counts for nothing. */
import { Database } from "bun:sqlite";
import type { Expects } from "./templates.ts";

/** `id`: the answer that came. */
export type Accepted = { id: string; expects: Expects };

export type Found = {
  database: string;
  /** Lines `RUN begin|end OPERATION NAME WITHIN`, in the order in which they were written. */
  effects: string;
  /** Content of the state files `made.json` and `operations.json`; null where there is none. */
  made: unknown;
  log: unknown;
};

type Effect = { run: string; token: string; what: string; operation: string; name: string; within: string[] };
type Operation = {
  id: string;
  status: string;
  failed_step: string | null;
  epoch: number;
  ended_at: number | null;
  rollback: string;
};
type Step = {
  operation: string;
  key: string;
  step_type: string;
  attempt: number;
  token: string;
  status: string;
  intent: string;
  result: string | null;
};
type Body = { type: string; status?: string; key?: string };

/** What is wrong, a line each. Operations that have not ended are judged by what there is of them. */
export function audit({ database, effects, made, log }: Found, accepted: readonly Accepted[]): string[] {
  using db = new Database(database, { readonly: true });
  const operations = db.query<Operation, []>("select * from operation").all();
  const steps = db.query<Step, []>("select * from step order by operation, sequence").all();
  const told = readEffects(effects);
  const byId = new Map(operations.map((row) => [row.id, row]));
  return [
    ...soundness(db),
    ...accepted.filter(({ id }) => !byId.has(id)).map(({ id }) => `${id} was accepted, and is not there`),
    ...histories(db, operations),
    ...recordsOf(operations, steps),
    ...locksOf(db, byId),
    ...runsOf(told, steps),
    ...accepted.flatMap(({ id, expects }) => {
      const row = byId.get(id);
      const own = told.filter(({ operation }) => operation === id);
      return row
        ? leftBehind(row, own, expects, { made, log }).map((fault) => `${id} (${standing(row)}): ${fault}`)
        : [];
    }),
    ...overlaps(told, byId),
  ];
}

/** Its status, and the step that failed. */
export const standing = ({ status, failed_step }: Pick<Operation, "status" | "failed_step">): string =>
  failed_step === null ? status : `${status} in ${failed_step}`;

export const readEffects = (text: string): Effect[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [run = "", what = "", operation = "", name = "", within = "-"] = line.split(" ");
      return { run, token: run.slice(0, 24), what, operation, name, within: within === "-" ? [] : within.split(",") };
    });

function soundness(db: Database): string[] {
  const found = db.query<{ integrity_check: string }, []>("pragma integrity_check").all();
  const orphans = db.query("pragma foreign_key_check").all();
  return [
    ...found.flatMap(({ integrity_check: said }) => (said === "ok" ? [] : [said])),
    ...orphans.map((row) => `orphan ${JSON.stringify(row)}`),
  ];
}

/** Without a gap, along the table of transitions, to where the row is; ended once. */
function histories(db: Database, operations: readonly Operation[]): string[] {
  const events = Map.groupBy(
    db
      .query<{ operation: string; sequence: number; body: string }, []>(
        "select operation, sequence, body from event order by operation, sequence",
      )
      .all(),
    ({ operation }) => operation,
  );
  const transitions = new Set(
    db
      .query<[string, string], []>("select before, after from transition")
      .values()
      .map((pair) => pair.join(" to ")),
  );
  return operations.flatMap(({ id, status, epoch, ended_at }) => {
    const own = events.get(id) ?? [];
    const faults = own.flatMap(({ sequence }, at) =>
      sequence === at + 1 ? [] : [`event ${sequence} is number ${at + 1}`],
    );
    const bodies = own.map(({ body }) => JSON.parse(body) as Body);
    const way = bodies.flatMap((body) => statusAfter(body) ?? []);
    if (way[0] !== "queued") faults.push(`it began as ${way[0]}`);
    way.slice(1).forEach((after, at) => {
      if (way[at] !== after && !transitions.has(`${way[at]} to ${after}`))
        faults.push(`it went from ${way[at]} to ${after}`);
    });
    if (way.at(-1) !== status) faults.push(`its events leave it ${way.at(-1)}, and it is ${status}`);
    const count = (type: string) => bodies.filter((body) => body.type === type).length;
    if (count("operation-started") !== epoch) faults.push(`${count("operation-started")} claims, and epoch ${epoch}`);
    const ends = bodies.filter((body) => body.type === "operation-ended" && body.status !== "interrupted").length;
    if (ends !== (ended_at === null ? 0 : 1)) faults.push(`it has ${ends} ends`);
    if (ended_at !== null && bodies.at(-1)?.type !== "operation-ended") faults.push("something was told after its end");
    const finished = Map.groupBy(
      bodies.filter(({ type }) => type === "step-finished"),
      ({ key }) => key ?? "",
    );
    for (const [key, all] of finished) if (all.length > 1) faults.push(`step ${key} was finished ${all.length} times`);
    return faults.map((fault) => `${id}: ${fault}`);
  });
}

/** Undefined: an event that leaves the status as it is. */
function statusAfter({ type, status }: Body): string | undefined {
  if (type === "operation-ended") return status;
  if (type === "operation-started") return "running";
  return ["operation-queued", "operation-requeued", "operation-waiting"].includes(type) ? "queued" : undefined;
}

/** Attempts are numbered, only the last one counts, and none is open when the operation has ended. */
function recordsOf(operations: readonly Operation[], steps: readonly Step[]): string[] {
  const ended = new Set(operations.filter(({ ended_at }) => ended_at !== null).map(({ id }) => id));
  const faults = steps
    .filter(({ operation, status }) => ended.has(operation) && status === "running")
    .map(({ operation, key }) => `${operation}: it has ended, and step ${key} is open`);
  for (const [place, attempts] of Map.groupBy(steps, ({ operation, key }) => `${operation}: step ${key}`)) {
    attempts.forEach(({ attempt, status }, at) => {
      if (attempt !== at + 1) faults.push(`${place}: attempt ${attempt} is number ${at + 1}`);
      if (at < attempts.length - 1 && status !== "failed") faults.push(`${place}: another attempt after ${status}`);
    });
  }
  return faults;
}

function locksOf(db: Database, byId: ReadonlyMap<string, Operation>): string[] {
  const held = db
    .query<{ resource: string; operation: string }, []>("select * from lock where operation is not null")
    .all();
  return held.flatMap(({ resource, operation }) => {
    const holder = byId.get(operation);
    return holder && holder.ended_at === null ? [] : [`lock ${resource} is held by ${operation} (${holder?.status})`];
  });
}

/** Each run is of a recorded attempt and has run once; what succeeded has its effect. */
function runsOf(told: readonly Effect[], steps: readonly Step[]): string[] {
  const faults: string[] = [];
  const byToken = new Map(steps.map((step) => [step.token, step]));
  const begun = Map.groupBy(
    told.filter(({ what }) => what === "begin"),
    // A run that was claimed by recovery gets another folder: its name has an x more.
    ({ run, name }) => `${run.replace(/x+$/, "")} ${name}`,
  );
  for (const [run, lines] of begun) {
    const step = byToken.get(run.slice(0, 24));
    if (!step) faults.push(`${run} ran, and is of no recorded step`);
    else if (lines.length > 1 && (JSON.parse(step.intent) as { idempotent?: boolean }).idempotent !== true) {
      faults.push(`${step.operation}: step ${step.key}, attempt ${step.attempt} ran ${lines.length} times`);
    }
  }
  const over = new Set(told.filter(({ what }) => what === "end").map(({ token }) => token));
  for (const { operation, key, token, status, step_type } of steps) {
    const hasEffect = step_type === "command" || step_type === "script";
    if (hasEffect && status === "success" && !over.has(token))
      faults.push(`${operation}: step ${key} succeeded without its effect`);
  }
  return faults;
}

type Left = Pick<Found, "made" | "log">;

function leftBehind(row: Operation, told: readonly Effect[], expects: Expects, { made, log }: Left): string[] {
  const { id, rollback } = row;
  const { end, once, atLeastOnce, remembered, logged } = expects;
  const ends = Map.groupBy(
    told.filter(({ what }) => what === "end"),
    ({ name }) => name,
  );
  const count = (name: string) => ends.get(name)?.length ?? 0;
  const known = new Set([...once, ...atLeastOnce]);
  const faults = [
    ...once.filter((name) => count(name) > 1).map((name) => `effect ${name} is there ${count(name)} times`),
    ...[...ends.keys()]
      .filter((name) => !known.has(name) && !/^(?:undo-|end$)/.test(name))
      .map((name) => `effect ${name} was not asked for`),
  ];
  if (standing(row) !== end) return faults;
  faults.push(...[...known].filter((name) => count(name) === 0).map((name) => `effect ${name} is not there`));
  if (end !== "success" && rollback !== "done") faults.push(`its rollback is ${rollback}`);
  const own = (made as { operations?: Record<string, Record<string, string>> } | null)?.operations?.[id] ?? {};
  faults.push(...remembered.filter((name) => own[name] !== "done").map((name) => `state ${name} is not there`));
  const entries = JSON.stringify(log).split(`"${id}-`).slice(1);
  for (const name of logged) {
    const times = entries.filter((rest) => rest.startsWith(`${name}"`)).length;
    if (times !== 1) faults.push(`entry ${name} is there ${times} times`);
  }
  return faults;
}

/** Who shares a lock or a group goes through it one after the other. */
function overlaps(told: readonly Effect[], byId: ReadonlyMap<string, Operation>): string[] {
  const standingOf = (id: string) => {
    const row = byId.get(id);
    return row ? standing(row) : "not there";
  };
  const spans = new Map<string, Map<string, { from: number; to: number }>>();
  told.forEach(({ operation, within }, at) => {
    for (const place of within) {
      const inside = spans.get(place) ?? new Map<string, { from: number; to: number }>();
      spans.set(place, inside.set(operation, { from: inside.get(operation)?.from ?? at, to: at }));
    }
  });
  return [...spans].flatMap(([place, inside]) => {
    const ordered = [...inside].sort(([, one], [, other]) => one.from - other.from);
    return ordered.flatMap(([id, { from }], at) => {
      const [before, span] = ordered[at - 1] ?? [];
      if (!before || !span || span.to < from) return [];
      const [one, other] = [before, id].map((each) => `${each} (${standingOf(each)})`);
      return [
        `${one} was in ${place} until ${told[span.to]?.name} had ended, and ${other} from ${told[from]?.name} on`,
      ];
    });
  });
}
