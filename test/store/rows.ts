/** Rows to lose: what the tests of a failing disk and a damaged database write, and read back. */
import type { Database } from "bun:sqlite";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GarzaError, type Problem } from "../../src/core/problem.ts";
import type { Store } from "../../src/store/store.ts";

/** An ended operation with a step and three events; `bytes` of template. */
export function writeOperation(store: Store, id: string, bytes = 600): Promise<unknown> {
  return store.write((db) => {
    db.query(
      `insert into operation (id, template, name, type, template_text, template_hash, asked_by, queued_at)
       values (?, 'deploy/web', 'web', 'deploy', ?, 'hash', 'ada', 1)`,
    ).run(id, "x".repeat(bytes));
    db.query(
      `insert into step (operation, sequence, key, name, step_type, phase, attempt, token, intent, started_at)
       values (?1, 1, 'a', 'a', 'command', 'steps', 1, ?1 || 'token', '{}', 1)`,
    ).run(id);
    for (const sequence of [1, 2, 3]) {
      db.query("insert into event values (?, ?, 1, ?)").run(id, sequence, JSON.stringify({ kind: "step", sequence }));
    }
  });
}

export const idsIn = (db: Database) =>
  db
    .query<{ id: string }, []>("select id from operation order by id")
    .all()
    .map(({ id }) => id);

/** Every file of a folder and a fingerprint of its bytes, but for SQLite's shared memory. */
export function fingerprint(folder: string): Record<string, string> {
  const files = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isFile());
  const names = files.map(({ name }) => name).filter((name) => !/-shm$/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => [name, Bun.hash(readFileSync(join(folder, name))).toString(36)]),
  );
}

/** The problem that is thrown, null when none is; anything else that is thrown fails the test. */
export function problemIn(attempt: () => unknown): Problem | null {
  try {
    attempt();
    return null;
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.problem;
    throw thrown;
  }
}
