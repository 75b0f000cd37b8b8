/** Who has which lock, here and at the remote, and who waits for it: one look, beside whoever owns the database. */
import type { Database } from "bun:sqlite";
import { awayHolder, holderIn, holdersIn } from "./holders.ts";
import { fetchWithFiles } from "./legacy.ts";
import { lockFolder, locksIn } from "./lock-refs.ts";
import { heldRow, heldRows } from "./lock-rows.ts";
import type { Seen } from "./lock-text.ts";
import type { LockHolder } from "./locks.ts";
import { type Look, type Looker, lookAt } from "./look.ts";
import type { Sightings } from "./sightings.ts";
import { readTickets, type Ticket, ticketFolder, ticketPrefix } from "./tickets.ts";
import { lossText } from "./transact.ts";

export type LockView = {
  resource: string;
  state: "held" | "free" | "unreadable";
  holder: LockHolder | null;
  /** Why its record can't be read. */
  unreadable?: string;
  /** Milliseconds until others may take it, unless it is renewed: 0 is now. Null: never by itself. */
  freeIn: number | null;
  /** The fencing token that was given out last. */
  token: number;
  waiting: Ticket[];
  /** It is no longer held at the remote, which its holder on this machine does not know yet: why. */
  lost?: string;
  /** What stands there, exactly: who takes it by force names it. */
  mark: string;
};

export type Surveyor = {
  /** Null: there is none yet, and so no lock of this machine. */
  db: Database | null;
  /** Undefined: there is no remote. */
  remote: (Looker & { sightings: Sightings }) | undefined;
  host: string;
  now: number;
};

/** Those that are held, or can't be read; sorted by name. Throws `remote-unreachable`, `remote-refused`. */
export async function surveyLocks(surveyor: Surveyor): Promise<LockView[]> {
  const { db, remote } = surveyor;
  const here = db ? heldRows(db, null).map(({ resource }) => resource) : [];
  if (!remote) return here.toSorted().map((resource) => viewOf(surveyor, { ...nothing, resource }));
  const { store } = remote;
  const { refs, files } = await fetchWithFiles(remote, [lockFolder(store), ticketFolder(store)]);
  const there = new Map(locksIn(store, refs).map(({ resource, seen }) => [resource, seen]));
  remote.sightings.note(
    [...there.values()].flatMap((seen) => ("text" in seen && seen.text.st === "held" ? [seen] : [])),
  );
  const byFile = new Map(files.map((file) => [file.text.res, file]));
  return [...new Set([...there.keys(), ...byFile.keys(), ...here])]
    .sort()
    .map((resource) =>
      viewOf(surveyor, { resource, seen: there.get(resource) ?? null, file: byFile.get(resource), refs }),
    )
    .filter(({ state }) => state !== "free");
}

/** One of them, also where it is free. */
export async function surveyLock(surveyor: Surveyor, resource: string): Promise<LockView> {
  const { remote } = surveyor;
  if (!remote) return viewOf(surveyor, { ...nothing, resource });
  const look = await lookAt(remote, resource, [ticketPrefix(remote.store, resource)]);
  return viewOf(surveyor, { resource, ...look });
}

/** As far as it is known here without asking anybody. */
export function knownLocks({ db, host, now }: Surveyor): LockView[] {
  return (db ? holdersIn(db, host) : []).map((holder) => {
    const freeIn = holder.scope === "local" || holder.expires === undefined ? null : Math.max(0, holder.expires - now);
    return { ...heldBy(holder, freeIn), waiting: [], mark: "" };
  });
}

/** `refs`: what the remote has of its tickets. */
type Looked = Look & { resource: string };
const nothing = { seen: null, file: undefined, refs: [] };

function viewOf({ db, remote, host, now }: Surveyor, { resource, seen, file, refs }: Looked): LockView {
  const waiting = remote ? readTickets(refs, ticketPrefix(remote.store, resource), "", now) : [];
  const row = db ? heldRow(db, resource) : undefined;
  const holder = db && row ? holderIn(db, resource, host) : undefined;
  if (row && holder && !isOthers(seen, row.operation)) {
    const known = seen && "text" in seen && seen.text.st === "held" ? seen : null;
    const isLost = holder.scope === "shared" && remote !== undefined && known === null;
    return {
      ...heldBy(holder, known && remote ? remote.sightings.leftMs(known) : null),
      waiting,
      ...(isLost && { lost: lossText(seen) }),
      mark: markHere(row),
    };
  }
  const isHeld = seen !== null && ("unreadable" in seen || seen.text.st === "held");
  if (file && !isHeld) return { ...heldBy(awayHolder(file), null), waiting, mark: file.oid };
  const free = { resource, state: "free", holder: null, freeIn: 0, token: 0, waiting, mark: "" } as const;
  if (!seen) return free;
  const { oid: mark } = seen;
  if ("unreadable" in seen) return { ...free, state: "unreadable", unreadable: seen.unreadable, freeIn: null, mark };
  if (seen.text.st === "free") return { ...free, token: seen.text.gen, mark };
  return { ...heldBy(awayHolder(seen), remote?.sightings.leftMs(seen) ?? null), waiting, mark };
}

const heldBy = (holder: LockHolder, freeIn: number | null) =>
  ({ resource: holder.resource, state: "held", holder, freeIn, token: holder.token }) as const;

/** Taken over, and its holder here does not know yet. */
const isOthers = (seen: Seen | null, owner: string) =>
  seen !== null && "text" in seen && seen.text.st === "held" && seen.text.owner !== owner;

export const markHere = ({ operation, token }: { operation: string; token: number }) => `${operation}#${token}`;
