/**
 * Operations that stand aside until something happens. `waiting_for` is a key: `pause:TEMPLATE`, `group:NAME`,
 * `lock:RESOURCE`, `time`. Whoever makes the thing happen wakes the first of them; reasons.ts says it in words.
 * Everything here runs inside one transaction of the store.
 */
import type { Database } from "bun:sqlite";
import type { Bindings } from "../store/store.ts";
import heldSql from "./held-lock.sql" with { type: "text" };
import inGroupSql from "./in-group.sql" with { type: "text" };
import runningSql from "./running.sql" with { type: "text" };
import setWaitingSql from "./set-waiting.sql" with { type: "text" };
import waitingKeysSql from "./waiting-keys.sql" with { type: "text" };
import wakeDueSql from "./wake-due.sql" with { type: "text" };
import wakeFirstSql from "./wake-first.sql" with { type: "text" };

/** How many of a concurrency group may run at once. */
export type GroupLimit = (group: string) => number;

export type Aside = { id: string; waitingFor: string; wakeAt: number | null; now: number };

export function putAside(db: Database, { id, waitingFor, wakeAt, now }: Aside): void {
  db.query<never, Bindings>(setWaitingSql).run({ id, waiting_for: waitingFor, wake_at: wakeAt, now });
}

/** Wakes the most urgent `count` of those who wait for the key. */
export function wakeFirst(db: Database, key: string, count: number): void {
  db.query<never, Bindings>(wakeFirstSql).run({ waiting_for: key, count });
}

/** Those whose time has come, for whatever they waited. */
export function wakeDue(db: Database, now: number): void {
  db.query<never, Bindings>(wakeDueSql).run({ now });
}

/**
 * Looks at everything that is waited for, and wakes who may go on. Nothing depends on it while all goes well; after a
 * restart, or when one that was woken is cancelled, it finds those whose turn it is.
 */
export function wakeAll(db: Database, groupLimit: GroupLimit): void {
  for (const { waiting_for: key } of db.query<{ waiting_for: string }, []>(waitingKeysSql).all()) {
    const [kind, name] = split(key);
    if (kind === "pause" && !isPaused(db, name)) wakeFirst(db, key, -1);
    if (kind === "group") wakeFirst(db, key, Math.max(0, groupLimit(name) - inGroup(db, name)));
    if (isFree(db, key)) wakeFirst(db, key, 1);
  }
}

/** `group:deploys` → `group`, `deploys`. */
export function split(key: string): [kind: string, name: string] {
  const at = key.indexOf(":");
  return at < 0 ? [key, ""] : [key.slice(0, at), key.slice(at + 1)];
}

/** `''`: the whole queue. */
export const isPaused = (db: Database, template: string): boolean =>
  db.query<{ one: number }, [string]>("select 1 as one from pause where template = ?").get(template) !== null;

export const hasRoom = (db: Database, group: string, limit: GroupLimit): boolean => inGroup(db, group) < limit(group);

export const inGroup = (db: Database, group: string): number =>
  db.query<{ count: number }, Bindings>(inGroupSql).get({ group })?.count ?? 0;

export const runningNow = (db: Database): number => db.query<{ running: number }, []>(runningSql).get()?.running ?? 0;

/** The key is that of a lock which nobody holds, here or on another machine as far as we know. */
export function isFree(db: Database, key: string): boolean {
  const [kind, resource] = split(key);
  return kind === "lock" && db.query<{ one: number }, Bindings>(heldSql).get({ resource }) === null;
}
