/** Looks at the queue again when its database or its agent has changed, or now and then; else time alone goes on. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Places } from "../../core/config.ts";
import { openQueueReader, type QueueReader, runningAgent } from "../queue-reader.ts";
import type { Terminal } from "../terminal.ts";

export type QueueView = {
  /** Something may have changed. Null: nothing was submitted yet. The reader is closed behind it. */
  look(queue: QueueReader | null): void;
  /** Nothing has changed; time has gone on. */
  tick(): void;
  /** Leaves the terminal as it was. */
  close(): void;
};

const pauseMs = 1_000;
/** The file's times are coarse: a change may hide behind one that was seen. */
const mostTicks = 10;

/** Resolves when it is asked to end, or nobody reads any more. */
export async function watchQueue(places: Places, terminal: Terminal, view: QueueView, signal: AbortSignal) {
  let seen = "";
  for (let ticks = 0; !signal.aborted && !terminal.out.closed(); ticks++) {
    // Asked before it is read: what changes meanwhile is looked at in the next round.
    const now = signOf(places);
    if (now === seen && ticks < mostTicks) view.tick();
    else {
      ticks = 0;
      seen = now;
      look(places, terminal, view);
    }
    await terminal.clock.sleep(pauseMs, signal).catch(() => {});
  }
}

function look(places: Places, terminal: Terminal, view: QueueView): void {
  const queue = openQueueReader(places, terminal);
  try {
    view.look(queue);
  } finally {
    queue?.close();
  }
}

/** Another text after each commit and each change of the agent. */
function signOf(places: Places): string {
  const files = ["garza.db", "garza.db-wal"].map((name) => {
    const stat = statSync(join(places.data, name), { throwIfNoEntry: false });
    return stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : "";
  });
  return [runningAgent(places)?.instance ?? "", ...files].join("\n");
}
