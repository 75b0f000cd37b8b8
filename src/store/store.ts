/**
 * The database: one connection, on this thread, the only writer of its data folder. All writes of one
 * turn of the event loop share one transaction, each under its own savepoint, and are answered after
 * the commit: 32 clients cost one fsync, and a write that fails harms no other.
 */
import { constants, Database } from "bun:sqlite";
import { pathToFileURL } from "node:url";
import { statOf } from "../core/files.ts";
import { problem } from "../core/problem.ts";
import { migrate, readVersion } from "./migrate.ts";
import { translate } from "./sqlite-error.ts";

const { SQLITE_OPEN_READONLY, SQLITE_OPEN_URI } = constants;

export type Store = {
  /** For queries; a change made here would not be part of any commit. */
  read: Database;
  /** Runs the change in the turn's transaction; resolves after the commit, rejects with the change's or the commit's problem. */
  write<T>(change: (db: Database) => T): Promise<T>;
  /** Commits made so far, for benchmarks and tests. */
  commits(): number;
  close(): void;
};

/** Named parameters of a query. */
export type Bindings = Record<string, string | number | null>;

type Waiting = { change: (db: Database) => unknown; resolve: (value: never) => void; reject: (why: unknown) => void };

/** Opens (and where needed makes or migrates) the database in `file`. Throws `data-damaged`, `newer-database`, `storage-full`. */
export function openStore(file: string, now: () => number): Store {
  const db = open(file, now);
  let waiting: Waiting[] = [];
  let commits = 0;

  const commit = () => {
    const turn = waiting;
    waiting = [];
    if (turn.length === 0) return;
    const answers: (() => void)[] = [];
    try {
      db.run("begin immediate");
      for (const each of turn) answers.push(attempt(db, each, file));
      db.run("commit");
      commits++;
    } catch (cause) {
      // One failed commit answers every write in it: none of them is durable.
      if (db.inTransaction) db.run("rollback");
      for (const { reject } of turn) reject(translate(cause, file));
      return;
    }
    for (const answer of answers) answer();
  };

  return {
    read: db,
    write: (change) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(commit);
        waiting.push({ change, resolve, reject });
      }),
    commits: () => commits,
    close() {
      commit();
      db.close();
    },
  };
}

/** A read-only view for commands that run beside the owner. Null when nothing has been written yet. */
export function openReadOnly(file: string): Database | null {
  if (!statOf(file)) return null;
  try {
    const db = openToRead(file);
    if (readVersion(db, file) > 0) return db;
    db.close();
    return null;
  } catch (cause) {
    throw translate(cause, file);
  }
}

function openToRead(file: string): Database {
  try {
    const db = new Database(file, { readonly: true, strict: true });
    db.run("pragma busy_timeout = 2000");
    db.query("select 1 from sqlite_schema").get();
    return db;
  } catch (cause) {
    // Even reading needs room for an index of the log, which a full or read-only disk has not. Without a log
    // nothing is missing from the file itself.
    const { code = "" } = cause as { code?: string };
    if (!/^SQLITE_(CANTOPEN|IOERR|READONLY)/.test(code) || statOf(`${file}-wal`)?.size) throw cause;
    return new Database(`${pathToFileURL(file)}?immutable=1`, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  }
}

function open(file: string, now: () => number): Database {
  let db: Database | undefined;
  try {
    db = new Database(file, { create: true, readwrite: true, strict: true });
    db.run("pragma busy_timeout = 5000");
    // Before anything is written: a file that is not ours stays as it is.
    const version = readVersion(db, file);
    // NORMAL loses acknowledged commits at a power failure; macOS needs fullfsync for the same promise.
    db.run("pragma journal_mode = wal");
    db.run("pragma synchronous = full");
    db.run("pragma fullfsync = on");
    db.run("pragma checkpoint_fullfsync = on");
    db.run("pragma foreign_keys = on");
    migrate(db, version, now);
    return db;
  } catch (cause) {
    db?.close();
    throw translate(cause, file);
  }
}

/** The answer that is owed after the commit; a failed change is undone alone. */
function attempt(db: Database, { change, resolve, reject }: Waiting, file: string): () => void {
  db.run("savepoint write");
  try {
    const value = change(db);
    db.run("release write");
    return () => resolve(value as never);
  } catch (cause) {
    // A full disk has already rolled the whole transaction back: the turn fails as one.
    if (!db.inTransaction) throw cause;
    db.run("rollback to write");
    db.run("release write");
    return () => reject(translate(cause, file));
  }
}

/** Runs an update that must change exactly one row: a holder that has lost its row must not write. */
export function changeOne(db: Database, sql: string, parameters: Bindings, what: string): void {
  const { changes } = db.query<never, Bindings>(sql).run(parameters);
  if (changes !== 1) throw problem({ kind: "busy", what: `${what} is no longer ours`, next: "Its holder carries on" });
}
