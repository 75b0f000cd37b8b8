/**
 * The database: one connection, on this thread, the only writer of its data folder. All writes of one
 * turn of the event loop share one transaction, each under its own savepoint, and are answered after
 * the commit: 32 clients cost one fsync, and a write that fails harms no other.
 */
import type { Database } from "bun:sqlite";
import { dirname } from "node:path";
import { statOf } from "../core/files.ts";
import { GarzaError, type Problem, problem } from "../core/problem.ts";
import { backUp } from "./backup.ts";
import { withBackups } from "./backups.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { leaveLog, openToRead, openToWrite } from "./connection.ts";
import { asDamage, inspect, refuseLoss } from "./inspect.ts";
import { migrate, newestVersion, readVersion } from "./migrate.ts";
import { openReserve } from "./reserve.ts";
import { breakSeal, seal } from "./seal.ts";
import { isOfTheDisk, translate } from "./sqlite-error.ts";
import { commitTurn, type Waiting } from "./turn.ts";

export type Store = {
  /** For queries; a change made here would not be part of any commit. */
  read: Database;
  /**
   * Runs the change in the turn's transaction; resolves after the commit, rejects with the change's or the
   * commit's problem. On a full disk the change may be run a second time: it must do nothing but write here.
   */
  write<T>(change: (db: Database) => T): Promise<T>;
  /** Commits made so far, for benchmarks and tests. */
  commits(): number;
  /** The reserve is given up, or there was no room for one: what runs can be written, no more should be taken on. */
  isFull(): boolean;
  /** Gives up the reserve for what is written beside the database. */
  giveUp(): void;
  /** Looks whether there is space again, and makes the reserve anew. True: the store is not full. */
  regain(): boolean;
  /** Looks whether the file is still the one that was opened: what is written to one that is gone is lost. */
  watch(): void;
  close(): void;
};

/** `full`, `space`: told when it changes. `broken`: told once; every write is refused from then on. */
export type Trouble = { kind: "full" } | { kind: "space" } | { kind: "broken"; problem: Problem };

type StoreOptions = {
  onTrouble?(trouble: Trouble): void;
  /** Room kept for a full disk; 8 MiB unless told. */
  reserveBytes?: number;
};

/** Named parameters of a query. */
export type Bindings = Record<string, string | number | null>;

/**
 * Opens (and where needed makes or migrates) the database in `file`. Throws `data-damaged`, `newer-database`,
 * `storage-full`, `input-output`; nothing has changed then.
 */
export function openStore(file: string, now: () => number, options: StoreOptions = {}): Store {
  const { onTrouble = () => {}, reserveBytes = 8 * 1024 * 1024 } = options;
  const db = open(file, now);
  const checkpoint = openCheckpoint(db);
  const reserve = openReserve(dirname(file), reserveBytes);
  const opened = statOf(file);
  let waiting: Waiting[] = [];
  let commits = 0;
  let broken: GarzaError | undefined;

  /** What it means for the store as a whole that SQLite failed; true when another try may do better. */
  const suffer = (why: unknown): boolean => {
    if (!(why instanceof GarzaError)) return false;
    const { kind } = why.problem;
    if (kind === "storage-full") {
      if (!reserve.giveUp()) return false;
      onTrouble({ kind: "full" });
      return true;
    }
    if (kind !== "input-output" && kind !== "data-damaged") return false;
    // After a failed fsync nobody knows what is on the disk, and a second one that succeeds proves nothing.
    broken = why;
    leaveLog(file);
    onTrouble({ kind: "broken", problem: why.problem });
    return false;
  };

  const settle = (turn: readonly Waiting[]): void => {
    try {
      const answers = commitTurn(db, turn, file);
      commits++;
      for (const answer of answers) answer();
    } catch (cause) {
      const why = withBackups(translate(cause, file), file);
      // One failed commit answers every write in it.
      if (suffer(why)) settle(turn);
      else for (const { reject } of turn) reject(why);
      return;
    }
    try {
      checkpoint();
    } catch (cause) {
      suffer(withBackups(translate(cause, file), file));
    }
  };

  const commit = () => {
    const turn = waiting;
    waiting = [];
    if (broken) for (const { reject } of turn) reject(broken);
    else if (turn.length > 0) settle(turn);
  };

  if (!reserve.there()) onTrouble({ kind: "full" });
  return {
    read: db,
    write: (change) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(commit);
        waiting.push({ change, resolve, reject });
      }),
    commits: () => commits,
    isFull: () => !reserve.there(),
    giveUp() {
      if (reserve.giveUp()) onTrouble({ kind: "full" });
    },
    regain() {
      if (reserve.there()) return true;
      if (broken || !reserve.regain()) return false;
      onTrouble({ kind: "space" });
      return true;
    },
    watch() {
      const now = statOf(file);
      if (broken || (now?.ino === opened?.ino && now?.dev === opened?.dev)) return;
      broken = vanished(file);
      onTrouble({ kind: "broken", problem: broken.problem });
    },
    close() {
      commit();
      db.close();
      if (!broken) seal(file);
    },
  };
}

/** A read-only view for commands that run beside the owner. Null when nothing has been written yet. */
export function openReadOnly(file: string): Database | null {
  try {
    refuseLoss(file);
    if (!statOf(file)?.size) return null;
    const db = openToRead(file);
    const version = readVersion(db, file);
    if (version >= newestVersion) return db;
    db.close();
    if (version > 0) throw older(file);
    return null;
  } catch (cause) {
    throw withBackups(asDamage(cause, file), file);
  }
}

const vanished = (file: string) =>
  problem({
    kind: "input-output",
    what: file,
    why: "it was removed, or another one was put in its place, while this one wrote to it",
    hint: "Look at its folder: is its disk mounted? Backups: garza backup list",
  });

const older = (file: string) =>
  problem({
    kind: "configuration",
    where: file,
    message: "it was written by an older garza, and can't be read before it is brought up to date",
    hint: "The next garza agent or garza run does that, after a backup",
  });

function open(file: string, now: () => number): Database {
  let db: Database | undefined;
  try {
    const version = inspect(file);
    if (version > 0 && version < newestVersion) backUp(file, now());
    breakSeal(file);
    db = openToWrite(file);
    migrate(db, version || readVersion(db, file), now);
    return db;
  } catch (cause) {
    if (isOfTheDisk(cause)) leaveLog(file);
    db?.close();
    throw withBackups(translate(cause, file), file);
  }
}

/** Runs an update that must change exactly one row: a holder that has lost its row must not write. */
export function changeOne(db: Database, sql: string, parameters: Bindings, what: string): void {
  const { changes } = db.query<never, Bindings>(sql).run(parameters);
  if (changes !== 1) throw problem({ kind: "busy", what: `${what} is no longer ours`, next: "Its holder carries on" });
}
