/**
 * Who owns the data folder. The proof is an exclusive transaction on a small database, held for the
 * life of the process: the kernel drops it when the process dies, so there is no stale pid file to judge.
 */
import { Database } from "bun:sqlite";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { translate as translateFileError } from "../core/files.ts";
import { GarzaError, problem } from "../core/problem.ts";
import { translate } from "./sqlite-error.ts";

/** Who has the data folder, and how to reach it: `agent.json`, for people and for the command line. */
export type Owner = {
  pid: number;
  /** Random, made at its start. */
  instance: string;
  /** What was typed: `garza agent`, `garza run`. */
  command: string;
  /** Milliseconds since 1970. */
  since: number;
  /** Absolute path of its control socket; null while it serves none. */
  socket: string | null;
  /** Operations that it runs at once; 0 for a command that only writes and leaves. */
  workers: number;
  version: string;
  /** When its configuration was read, or refused, last. */
  configured: number;
  /** Why what the configuration's files say now is not in force; null: it is. */
  refused: string | null;
  /** Of an agent: where each secret that it knows of is found, or null. */
  secrets: { name: string; source: string | null }[];
};

export type Ownership = {
  /** Changes what others read of the owner. */
  announce(owner: Owner): void;
  release(): void;
};

export type WhenHeld = {
  clock: Clock;
  /** Asked again and again while another process has it (null: who it is can't be read yet). False: give up. */
  waits(owner: Owner | null): boolean | Promise<boolean>;
  signal?: AbortSignal | undefined;
};

/** Null: another process has the folder, and it was not waited for. Rejects with the signal's reason. */
export async function ownFolder(
  data: string,
  me: Owner,
  { clock, waits, signal }: WhenHeld,
): Promise<Ownership | null> {
  const file = join(data, "owner.db");
  for (;;) {
    const held = tryToOwn(file);
    if (held) {
      try {
        leaveNote(noteIn(data), me);
      } catch (thrown) {
        held.close();
        throw thrown;
      }
      return {
        announce: (owner) => leaveNote(noteIn(data), owner),
        release() {
          rmSync(noteIn(data), { force: true });
          held.close();
        },
      };
    }
    if (!(await waits(readOwner(data)))) return null;
    await clock.sleep(50, signal);
  }
}

/** The process that owns the folder now, or null. */
export function currentOwner(data: string): Owner | null {
  for (let looks = 1; ; looks++) {
    const held = tryToOwn(join(data, "owner.db"), false);
    held?.close();
    if (held !== undefined) return null;
    const owner = readOwner(data);
    if (!owner || isThere(owner.pid) || looks === mostLooks) return owner;
    // It was another one that looked in this moment, and the note is of one that was killed.
    Bun.sleepSync(looks);
  }
}

const mostLooks = 10;

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as { code?: string }).code === "EPERM";
  }
}

/** Undefined: someone else has it. Null: there is no such file (with create false). */
function tryToOwn(file: string, create = true): Database | undefined | null {
  let db: Database;
  try {
    db = create ? new Database(file, { create: true, readwrite: true }) : new Database(file, { readwrite: true });
  } catch (cause) {
    if (!create && (cause as { code?: string }).code === "SQLITE_CANTOPEN") return null;
    throw translate(cause, file);
  }
  try {
    db.run("pragma busy_timeout = 0");
    db.run("begin exclusive");
    return db;
  } catch (cause) {
    db.close();
    if ((cause as { code?: string }).code?.startsWith("SQLITE_BUSY")) return undefined;
    throw withRemedy(translate(cause, file));
  }
}

/** It holds nothing: only its lock counts. */
function withRemedy(thrown: unknown): unknown {
  if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "data-damaged") return thrown;
  const hint = `There is nothing in it. Where no agent runs: rm '${thrown.problem.file}'`;
  return problem({ ...thrown.problem, hint }, thrown);
}

const noteIn = (data: string) => join(data, "agent.json");

function leaveNote(file: string, me: Owner): void {
  try {
    // Aside first: others read it at any moment.
    writeFileSync(`${file}.new`, `${JSON.stringify(me)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch (cause) {
    removeIfPossible(`${file}.new`);
    throw translateFileError(cause, file);
  }
}

/** Where nothing can be written nothing can be removed either: the first error is the one that tells. */
function removeIfPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}

function readOwner(data: string): Owner | null {
  try {
    const note = JSON.parse(readFileSync(noteIn(data), "utf8")) as Owner;
    // One that an older agent has written says less.
    return {
      ...note,
      configured: note.configured ?? note.since,
      refused: note.refused ?? null,
      secrets: note.secrets ?? [],
    };
  } catch {
    // The note is written just after the lock is taken: for a moment there is none.
    return null;
  }
}
