/**
 * Submits, claims and ends operations, many at once, and says so line by line, each as soon as it may be relied on.
 * `FILE [SYNCHRONOUS]`: the database, and what its connection is set to afterwards.
 */
import { writeSync } from "node:fs";
import { openEventLog } from "../../../src/queue/event-log.ts";
import { type End, openQueue, type Queue } from "../../../src/queue/queue.ts";
import { openStore } from "../../../src/store/store.ts";
import { submission } from "../../support/queue.ts";

const [file = "", synchronous] = process.argv.slice(2);
let clock = 0;
const now = () => ++clock;
const acknowledge = (line: string) => writeSync(1, `${line}\n`);

const claimant = { machine: "machine", boot: "boot", instance: "instance", pid: 1 };
const outcome = {
  reason: null,
  error: null,
  failed_step: null,
  rollback: "none",
  attention: null,
  duration_ms: 1,
} as const;

async function work(queue: Queue, id: string, end: End["status"] | null): Promise<void> {
  await queue.submit([submission(id, { template_text: `description: ${id.repeat(150)}` })]);
  acknowledge(`queued ${id}`);
  if (end === null) return;
  const { epoch } = await queue.claim(id, claimant);
  acknowledge(`running ${id}`);
  await queue.end({ id, epoch }, { ...outcome, status: end });
  acknowledge(`${end} ${id}`);
}

/** Opens the database, works in rounds of one to four operations at once, and closes it. */
async function sitting(name: string): Promise<void> {
  const store = openStore(file, now);
  if (synchronous !== undefined) store.read.run(`pragma synchronous = ${synchronous}`);
  // In the course of a short run the log is to begin anew a few times.
  store.read.run("pragma wal_autocheckpoint = 40");
  const events = openEventLog(store, {
    now,
    onListenerError(cause) {
      throw cause;
    },
  });
  const queue = openQueue(store, events, { now, groupLimit: () => 1 });
  for (let round = 0; round < 8; round++) {
    const ends = (["success", "failed", "cancelled", null] as const).slice(0, 1 + (round % 4));
    await Promise.all(ends.map((end, number) => work(queue, `op_${name}_${round}_${number}`, end)));
  }
  store.close();
}

await sitting("first");
await sitting("second");
