/**
 * Who owns the data folder. The proof is an exclusive transaction on a small database, held for the
 * life of the process: the kernel drops it when the process dies, so there is no stale pid file to judge.
 */
import { Database } from "bun:sqlite";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { translate as translateFileError } from "../core/files.ts";
import { translate } from "./sqlite-error.ts";

export type Owner = { pid: number; instance: string; command: string; since: number };

export type Ownership = { release(): void };

/** Takes the folder or, when another process has it, calls `onWait` once with who that is and waits. */
export async function ownFolder(
  data: string,
  me: Owner,
  clock: Clock,
  onWait: (owner: Owner | null) => void,
  signal?: AbortSignal,
): Promise<Ownership> {
  const file = join(data, "owner.db");
  let told = false;
  for (;;) {
    const held = tryToOwn(file);
    if (held) {
      leaveNote(noteIn(data), me);
      return {
        release() {
          rmSync(noteIn(data), { force: true });
          held.close();
        },
      };
    }
    if (!told) onWait(readOwner(data));
    told = true;
    await clock.sleep(100, signal);
  }
}

/** The process that owns the folder now, or null. */
export function currentOwner(data: string): Owner | null {
  const held = tryToOwn(join(data, "owner.db"), false);
  if (held === undefined) return readOwner(data);
  held?.close();
  return null;
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
    throw translate(cause, file);
  }
}

const noteIn = (data: string) => join(data, "owner.json");

function leaveNote(file: string, me: Owner): void {
  try {
    writeFileSync(file, JSON.stringify(me), { mode: 0o600 });
  } catch (cause) {
    throw translateFileError(cause, file);
  }
}

function readOwner(data: string): Owner | null {
  try {
    return JSON.parse(readFileSync(noteIn(data), "utf8")) as Owner;
  } catch {
    // The note is written just after the lock is taken: for a moment there is none.
    return null;
  }
}
