/** Judges a database by what it holds and by what was acknowledged: the program's own word counts for nothing. */
import type { Database } from "bun:sqlite";
import { isDeepStrictEqual } from "node:util";
import { openStore } from "../../../src/store/store.ts";

type Operation = { id: string; status: string; epoch: number };
type Event = { operation: string; sequence: number; body: string };
type Body = { type: string; status?: string; key?: string };
type Step = { operation: string; key: string; status: string };

/** What is wrong, a line each; none: nothing is. Opens the database as the program would. */
export function audit(file: string, judge: (db: Database) => string[]): string[] {
  try {
    const store = openStore(file, () => 0, { reserveBytes: 4096 });
    try {
      return [...soundness(store.read), ...histories(store.read), ...judge(store.read)];
    } finally {
      store.close();
    }
  } catch (thrown) {
    return [`it does not open: ${String(thrown)}`];
  }
}

/** Lines `STATUS ID`: each is there, at least as far as was said. */
export function missing(db: Database, said: readonly string[]): string[] {
  const rows = new Map(operations(db).map(({ id, status }) => [id, status]));
  return said.flatMap((line) => {
    const [status = "", id = ""] = line.split(" ");
    const found = rows.get(id);
    const isThere =
      found === status ||
      (found !== undefined && (status === "queued" || (status === "running" && found !== "queued")));
    return isThere ? [] : [`${line} was acknowledged, and it is ${found ?? "not there"}`];
  });
}

/** Events, a JSON line each: they are recorded as they were told. */
export function untold(db: Database, said: readonly string[]): string[] {
  const query = db.query<{ body: string }, [string, number]>(
    "select body from event where operation = ? and sequence = ?",
  );
  return said.flatMap((line) => {
    const {
      operation,
      sequence,
      at: _,
      ...body
    } = JSON.parse(line) as { operation: string; sequence: number; at: number };
    const found = query.get(operation, sequence);
    return found && isDeepStrictEqual(JSON.parse(found.body), body) ? [] : [`told, and not recorded: ${line}`];
  });
}

/** Each step is called by the effect that it has. */
export function withoutEffect(db: Database, there: ReadonlySet<string>): string[] {
  const successes = db.query<{ name: string }, []>("select name from step where status = 'success'").all();
  const rows = db.query<{ id: string; steps: number }, []>(
    "select id, (select count(*) from step where operation = id and step.status = 'success') as steps from operation where status = 'success'",
  );
  return [
    ...successes
      .filter(({ name }) => !there.has(name))
      .map(({ name }) => `step ${name} succeeded, and its effect is not there`),
    ...rows
      .all()
      .filter(({ steps }) => steps > there.size)
      .map(({ id }) => `${id} succeeded`),
  ];
}

function soundness(db: Database): string[] {
  const found = db.query<{ integrity_check: string }, []>("pragma integrity_check").all();
  const damage = found.filter(({ integrity_check }) => integrity_check !== "ok");
  const orphans = db.query("pragma foreign_key_check").all();
  return [
    ...damage.map(({ integrity_check }) => integrity_check),
    ...orphans.map((row) => `orphan ${JSON.stringify(row)}`),
  ];
}

/** The events of each operation tell, without a gap, of a way through the table of transitions that ends where its row is. */
function histories(db: Database): string[] {
  const events = Map.groupBy(
    db.query<Event, []>("select operation, sequence, body from event order by operation, sequence").all(),
    ({ operation }) => operation,
  );
  const transitions = new Set(
    db
      .query<[string, string], []>("select before, after from transition")
      .values()
      .map(([before, after]) => `${before} ${after}`),
  );
  const steps = Map.groupBy(
    db.query<Step, []>("select operation, key, status from step").all(),
    ({ operation }) => operation,
  );
  const rows = operations(db);
  const strangers = [...events.keys()].filter((id) => !rows.some((row) => row.id === id));
  return [
    ...strangers.map((id) => `events of ${id}, which is not there`),
    ...rows.flatMap((row) =>
      history(row, events.get(row.id) ?? [], transitions, steps.get(row.id) ?? []).map(
        (fault) => `${row.id}: ${fault}`,
      ),
    ),
  ];
}

function history(row: Operation, events: Event[], transitions: ReadonlySet<string>, steps: Step[]): string[] {
  const faults: string[] = [];
  const bodies = events.map(({ body }) => JSON.parse(body) as Body);
  events.forEach(({ sequence }, index) => {
    if (sequence !== index + 1) faults.push(`event ${sequence} stands at place ${index + 1}`);
  });
  let status: string | undefined;
  for (const body of bodies) {
    const after = statusAfter(body);
    if (after === undefined) continue;
    if (status === undefined ? after !== "queued" : !transitions.has(`${status} ${after}`)) {
      faults.push(`it went from ${status ?? "nothing"} to ${after}`);
    }
    status = after;
  }
  if (status !== row.status) faults.push(`it is ${row.status}, and its events leave it ${status ?? "nowhere"}`);
  const claims = bodies.filter(({ type }) => type === "operation-started").length;
  if (claims !== row.epoch) faults.push(`it was claimed ${claims} times, and its epoch is ${row.epoch}`);
  const ended = bodies.filter(({ type }) => type === "step-finished").map(({ key, status: how }) => `${key} ${how}`);
  const recorded = steps.filter((step) => step.status !== "running").map(({ key, status: how }) => `${key} ${how}`);
  if (ended.sort().join() !== recorded.sort().join()) {
    faults.push(`its events tell of the steps ${ended.join()}, and recorded are ${recorded.join()}`);
  }
  return faults;
}

/** Undefined: an event that leaves the status as it is. */
function statusAfter({ type, status }: Body): string | undefined {
  if (type === "operation-ended") return status;
  if (type === "operation-started") return "running";
  return type === "operation-queued" || type === "operation-requeued" || type === "operation-waiting"
    ? "queued"
    : undefined;
}

const operations = (db: Database) => db.query<Operation, []>("select id, status, epoch from operation").all();
