/** What was done to state files and is not in the work tree's own history yet, in the database. */
import type { Database } from "bun:sqlite";
import { sha256 } from "../core/hash.ts";
import type { Bindings, Store } from "../store/store.ts";
import recordSql from "./record-change.sql" with { type: "text" };
import type { RecordedChange } from "./recorded-change.ts";
import type { Author } from "./state-files.ts";
import writtenSql from "./written.sql" with { type: "text" };

/** A step's changes of one file. `publishedIn`: the commit at the remote that has them. */
export type LoggedChange = {
  sequence: number;
  operation: string | null;
  file: string;
  changes: RecordedChange[];
  publishedIn: string | null;
};

/** To be read beside the database's owner, too. Files are named by their paths in the root. */
export type StateLogReader = {
  /** Oldest first; of one file, or of all. */
  onTop(file?: string): LoggedChange[];
  /** Files that we have ever written. */
  written(): string[];
  /** The text is what we wrote there last; or before, where nobody knows whether the last one got there. */
  isOurs(file: string, text: string): boolean;
};

export type StateLog = StateLogReader & {
  record(file: string, by: Author, changes: readonly RecordedChange[], now: number): Promise<void>;
  /** Before it is written. */
  willWrite(file: string, text: string): Promise<void>;
  /** It stands there: the text before that is a person's, should it ever come back. */
  wrote(file: string): Promise<void>;
  published(sequences: readonly number[], commit: string): Promise<void>;
  /** It will never be published. */
  refused(sequences: readonly number[], why: string): Promise<void>;
  /** The work tree's history has them. */
  forget(sequences: readonly number[]): Promise<void>;
};

type Row = { sequence: number; operation: string | null; file: string; body: string; published_in: string | null };

export function readStateLog(db: Database): StateLogReader {
  return {
    onTop(file) {
      const sql = `select sequence, operation, file, body, published_in from state_change
                   where status <> 'refused' and file = coalesce(?, file) order by sequence`;
      return db
        .query<Row, [string | null]>(sql)
        .all(file ?? null)
        .map(({ body, published_in, ...row }) => ({
          ...row,
          changes: JSON.parse(body) as RecordedChange[],
          publishedIn: published_in,
        }));
    },
    written: () =>
      db
        .query<{ file: string }, []>("select file from state_written")
        .all()
        .map(({ file }) => file),
    isOurs(file, text) {
      const row = db
        .query<{ hash: string; before: string | null }, [string]>(
          "select hash, before from state_written where file = ?",
        )
        .get(file);
      const hash = sha256(text);
      return row?.hash === hash || row?.before === hash;
    },
  };
}

export function openStateLog(store: Store): StateLog {
  const each = (sequences: readonly number[], sql: string, more: Bindings = {}) =>
    store.write((db) => {
      db.query<never, Bindings>(`${sql} where sequence in (select value from json_each($sequences))`).run({
        sequences: JSON.stringify(sequences),
        ...more,
      });
    });
  return {
    ...readStateLog(store.read),
    record: (file, { operation, token }, changes, now) =>
      store.write((db) => {
        db.query<never, Bindings>(recordSql).run({ operation, token, file, body: JSON.stringify(changes), now });
      }),
    willWrite: (file, text) =>
      store.write((db) => {
        db.query<never, Bindings>(writtenSql).run({ file, hash: sha256(text) });
      }),
    wrote: (file) =>
      store.write((db) => {
        db.query<never, Bindings>(
          "update state_written set before = null where file = $file and before is not null",
        ).run({
          file,
        });
      }),
    published: (sequences, commit) =>
      each(sequences, "update state_change set status = 'published', published_in = $commit", { commit }),
    refused: (sequences, why) => each(sequences, "update state_change set status = 'refused', error = $why", { why }),
    forget: (sequences) => each(sequences, "delete from state_change"),
  };
}
