import type { Database } from "bun:sqlite";
import { problem } from "../core/problem.ts";
import first from "./migrations/001.sql" with { type: "text" };
import second from "./migrations/002.sql" with { type: "text" };
import third from "./migrations/003.sql" with { type: "text" };
import fourth from "./migrations/004.sql" with { type: "text" };

/** In order; a migration only adds. `oldestBinary` is the oldest schema version whose program still understands the result. */
const migrations: { sql: string; oldestBinary: number }[] = [
  { sql: first, oldestBinary: 1 },
  // The states that an operation can be left in have become more.
  { sql: second, oldestBinary: 2 },
  // Who does not know leases would work under locks that others have.
  { sql: third, oldestBinary: 3 },
  // Who does not know hosts runs who wants to be alone beside nobody at all.
  { sql: fourth, oldestBinary: 3 },
];

/** The version that `migrate` ends with. */
export const newestVersion = migrations.length;

/** The oldest schema version whose program still understands what this one leaves. */
export const oldestSchema = migrations.at(-1)?.oldestBinary ?? newestVersion;

/**
 * The schema's version, 0 for an empty database; changes nothing. Throws `newer-database` for what this
 * program does not understand, `data-damaged` for what another one wrote.
 */
export function readVersion(db: Database, file: string): number {
  const tables = db.query("select name from sqlite_schema where type = 'table'").values().flat();
  if (tables.length === 0) return 0;
  const meta = tables.includes("meta") ? (db.query("select * from meta").all() as Record<string, unknown>[]) : [];
  const value = (name: string) => Number(meta.find((row) => row.name === name)?.value);
  const [version, oldest] = [value("version"), value("oldest_binary")];
  if (!(version >= 1 && oldest >= 1)) {
    throw problem({ kind: "data-damaged", file, why: "it is a database, but not garza's" });
  }
  if (oldest > migrations.length) {
    throw problem({ kind: "newer-database", file, needs: `schema ${oldest}, this is ${migrations.length}` });
  }
  return version;
}

/**
 * Brings the schema from its version up to this program's, all the way or not at all: readers never see one between.
 * Throws `data-damaged` where the schema is not what its version says.
 */
export function migrate(db: Database, from: number, now: () => number): void {
  if (from >= newestVersion) return;
  db.transaction(() => {
    for (const { sql } of migrations.slice(from)) apply(db, sql, from);
    write(db, { version: newestVersion, oldest_binary: oldestSchema, migrated_at: now() });
  }).immediate();
}

function apply(db: Database, sql: string, from: number): void {
  try {
    db.exec(sql);
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    if (code !== "SQLITE_ERROR") throw cause;
    const why = `it says that it has schema ${from}, and has not: ${message}`;
    throw problem({ kind: "data-damaged", file: db.filename, why }, cause);
  }
}

function write(db: Database, values: Record<string, number>): void {
  const upsert = db.query("insert into meta values (?1, ?2) on conflict (name) do update set value = ?2");
  for (const [name, value] of Object.entries(values)) upsert.run(name, String(value));
}
