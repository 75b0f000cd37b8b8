/** Why nothing happens, for somebody who follows an operation. */
import type { Places } from "../core/config.ts";
import type { OperationRow } from "../queue/rows.ts";
import { oneLine } from "./output.ts";
import { openQueueReader, type QueueReader } from "./queue-reader.ts";
import type { Terminal } from "./terminal.ts";

/** Seldom, as it looks for the agent: what is to be told does not change often. */
const pauseMs = 2_000;

/** To be called again and again; tells on standard error when another reason has come up. */
export function tellOfWaiting(places: Places, terminal: Terminal, id: string): () => void {
  const { clock, err } = terminal;
  let next = 0;
  let told = "";
  return () => {
    if (clock.monotonic() < next) return;
    next = clock.monotonic() + pauseMs;
    const queue = openQueueReader(places, terminal);
    if (!queue) return;
    const row = queue.history.operation(id);
    const why = reason(queue, row);
    queue.close();
    // Places in the queue change all the time.
    const kind = why === null ? "" : `${row.status} ${row.waiting_for} ${queue.agent?.instance}`;
    if (why !== null && kind !== told) err.write(`${id} waits: ${oneLine(why)}\n`);
    told = kind;
  };
}

function reason({ history, surroundings, agent }: QueueReader, row: OperationRow): string | null {
  const isLeft = row.status === "running" && row.parent === null && !history.evidence(row.id).alive;
  if (isLeft && !agent) return "the process that ran it is gone, and no agent runs: garza agent";
  return history.waiting(row, surroundings);
}
