/**
 * Who waits for a lock leaves a ticket at the remote. A machine that had the lock meanwhile stands aside for those who
 * have waited since before: it would win every time, as it alone knows the moment in which the lock becomes free.
 */
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import { makeFolder, readRegular } from "../core/files.ts";
import { type FoundRef, fetchRefs } from "../git/fetch-refs.ts";
import { gitText } from "../git/git.ts";
import { moveRefs } from "../git/move-refs.ts";
import { emptyTree, type PrivateStore } from "../git/private-store.ts";
import { hasBudget } from "../git/push-budget.ts";
import type { RefMove } from "../git/push-refs.ts";
import type { Prefixed } from "./lock-refs.ts";
import { nonce } from "./lock-text.ts";
import { encodeResource } from "./resource-name.ts";

export type Ticket = { machine: string; host: string /** Milliseconds since 1970. */; since: number };

export type Tickets = {
  /** Leaves one, or shows that it still counts. What goes wrong costs fairness, and nothing else. */
  draw(store: PrivateStore, resource: string): Promise<void>;
  /** The move that takes it back, to be made with the push that gets the lock; undefined without one. */
  takingBack(store: PrivateStore, resource: string): Promise<RefMove | undefined>;
  /** That push got the lock. */
  forget(store: PrivateStore, resource: string): void;
  /** Nobody waits any more. */
  tearUp(store: PrivateStore, resource: string): Promise<void>;
};

const schema = z.looseObject({
  v: z.literal(1),
  machine: z.string().max(100),
  host: z.string().max(500),
  since: z.iso.datetime(),
  /** When its machine last said so; null: it waits no more. */
  seen: z.iso.datetime().nullable(),
});

/** A ticket counts so long after it was shown last. Milliseconds. */
const countsMs = 120_000;
const showAgainMs = 45_000;

export const ticketFolder = ({ prefix }: Prefixed): string => `${prefix}waits/`;
export const ticketPrefix = (store: Prefixed, resource: string): string =>
  `${ticketFolder(store)}${encodeResource(resource)}/`;

/** Those that count now, of other machines than `own`. `prefix`: see `ticketPrefix`. */
export function readTickets(found: readonly FoundRef[], prefix: string, own: string, now: number): Ticket[] {
  return found
    .filter(({ ref }) => ref.startsWith(prefix))
    .flatMap(({ message }) => {
      const read = schema.safeParse(parse(message));
      if (!read.success || read.data.seen === null || read.data.machine === own) return [];
      const { machine, host, since, seen } = read.data;
      return now - Date.parse(seen) < countsMs ? [{ machine, host, since: Date.parse(since) }] : [];
    });
}

/** Nobody waits with it: it was laid down, or was shown last before `since`, or can't be read. */
export function isLaidDown(message: string, since: number): boolean {
  const read = schema.safeParse(parse(message));
  return !read.success || read.data.seen === null || Date.parse(read.data.seen) < since;
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

/** A note that was cut short by a crash is none. */
const isOid = (text: string) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

type Drawn = { oid: string | null; since: number; seen: number };

export function openTickets(machine: { id: string; host: string }, clock: Clock): Tickets {
  const drawn = new Map<string, Drawn>();
  const refOf = (store: PrivateStore, resource: string) => `${ticketPrefix(store, resource)}${machine.id}`;

  const moveTo = async (
    store: PrivateStore,
    resource: string,
    { oid, since }: Drawn,
    seen: number | null,
  ): Promise<RefMove> => {
    const time = (at: number) => new Date(at).toISOString();
    const record = {
      v: 1,
      machine: machine.id,
      host: machine.host,
      since: time(since),
      seen: seen && time(seen),
      nonce: nonce(),
    };
    const person = `garza <garza@host> ${Math.floor(clock.now() / 1000)} +0000`;
    const head = [`tree ${emptyTree(store)}`, `author ${person}`, `committer ${person}`].join("\n");
    const input = Buffer.from(`${head}\n\n${JSON.stringify(record)}\n`).toString("latin1");
    const to = await gitText(store, ["hash-object", "-w", "-t", "commit", "--stdin"], { input });
    return { ref: refOf(store, resource), from: oid, to };
  };

  const push = async (store: PrivateStore, resource: string, ticket: Drawn, seen: number | null) => {
    for (let from = ticket.oid, tries = 0; tries < 2; tries++) {
      const move = await moveTo(store, resource, { ...ticket, oid: from }, seen);
      // From here on it may be there, whatever becomes of this process.
      if (seen !== null) note(store, resource, move.to);
      const result = await moveRefs(store, [move], { atomic: false });
      const moved = result.kind === "settled" ? result.refs.get(move.ref)?.kind : undefined;
      if (moved === "moved") return move.to;
      if (moved !== "stale") return undefined;
      // An earlier process of this machine left one.
      from = (await fetchRefs(store, [move.ref])).find(({ ref }) => ref === move.ref)?.oid ?? null;
    }
    return undefined;
  };

  /** The ticket of a process that was killed as it waited: without it, others would stand aside for nobody. */
  const noteFile = (store: PrivateStore, resource: string) =>
    join(store.gitDir, "..", "waits", `${machine.id}-${encodeResource(resource)}`);
  const note = (store: PrivateStore, resource: string, oid: string) => {
    const file = noteFile(store, resource);
    makeFolder(dirname(file));
    writeFileSync(file, oid);
  };
  const leftBehind = (store: PrivateStore, resource: string): Drawn | undefined => {
    const oid = readRegular(noteFile(store, resource))?.text ?? "";
    return isOid(oid) ? { oid, since: clock.now(), seen: 0 } : undefined;
  };
  const forget = (store: PrivateStore, resource: string) => {
    drawn.delete(resource);
    rmSync(noteFile(store, resource), { force: true });
  };

  return {
    async draw(store, resource) {
      const now = clock.now();
      const ticket = drawn.get(resource) ?? { oid: null, since: now, seen: 0 };
      if (now - ticket.seen < showAgainMs || !hasBudget(store, clock.monotonic())) return;
      // Before the push: two who wait for the same lock leave one ticket.
      drawn.set(resource, { ...ticket, seen: now });
      const oid = await push(store, resource, ticket, now).catch(() => undefined);
      if (oid !== undefined) drawn.set(resource, { ...ticket, oid, seen: now });
    },
    async takingBack(store, resource) {
      const ticket = drawn.get(resource) ?? leftBehind(store, resource);
      if (!ticket?.oid) return undefined;
      // Where another one gets the lock, it is to be shown again at once: it has its place by when it was drawn.
      drawn.set(resource, { ...ticket, seen: 0 });
      return moveTo(store, resource, ticket, null);
    },
    forget,
    async tearUp(store, resource) {
      const ticket = drawn.get(resource);
      forget(store, resource);
      if (ticket?.oid) await push(store, resource, ticket, null).catch(() => undefined);
    },
  };
}
