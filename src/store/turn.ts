import type { Database } from "bun:sqlite";
import { isOfTheDisk, translate } from "./sqlite-error.ts";

/** One write that waits for its turn's commit. */
export type Waiting = {
  change: (db: Database) => unknown;
  resolve: (value: never) => void;
  reject: (why: unknown) => void;
};

/** Commits all of them or throws SQLite's error; returns what answers them. A change that fails is undone alone. */
export function commitTurn(db: Database, turn: readonly Waiting[], file: string): (() => void)[] {
  try {
    db.run("begin immediate");
    const answers = turn.map((each) => attempt(db, each, file));
    db.run("commit");
    return answers;
  } catch (cause) {
    undo(db);
    throw cause;
  }
}

function attempt(db: Database, { change, resolve, reject }: Waiting, file: string): () => void {
  db.run("savepoint write");
  try {
    const value = change(db);
    db.run("release write");
    return () => resolve(value as never);
  } catch (cause) {
    // Trouble of the disk is not this change's own, and has often rolled back the whole transaction.
    if (!db.inTransaction || isOfTheDisk(cause)) throw cause;
    db.run("rollback to write");
    db.run("release write");
    return () => reject(translate(cause, file));
  }
}

function undo(db: Database): void {
  try {
    if (db.inTransaction) db.run("rollback");
  } catch {
    // The first error is the one that tells what happened.
  }
}
