import type { Database } from "bun:sqlite";

/** Pages of the log that are worth carrying over into the file. */
const worthwhile = 1_000;

/**
 * Carries the log over when it has grown. SQLite would do so by itself, but says nothing of a failure: here
 * its error is thrown, while the commits before it stay durable in the log.
 */
export function openCheckpoint(db: Database): () => void {
  const look = db.query<{ log: number; checkpointed: number }, []>("pragma wal_checkpoint(noop)");
  const carry = db.query("pragma wal_checkpoint(passive)");
  let tried = 0;
  return () => {
    const { log = 0, checkpointed = 0 } = look.get() ?? {};
    if (log < tried) tried = 0;
    // A reader may hold it back: not tried again before as much has come anew.
    if (log - Math.max(tried, checkpointed) < worthwhile) return;
    tried = log;
    carry.get();
  };
}
