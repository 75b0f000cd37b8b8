/** At the start, before anything runs: what an earlier process had in hand when it died is recorded as interrupted. */
import type { Places } from "../core/config.ts";
import type { StepEvidence } from "../queue/evidence.ts";
import { readHistory } from "../queue/history.ts";
import type { Queue } from "../queue/queue.ts";
import type { OperationRow } from "../queue/rows.ts";
import type { Store } from "../store/store.ts";

/** The ids that were interrupted, nested operations included. Safe to be killed in, and to be run again. */
export async function recover(store: Store, queue: Queue, places: Places): Promise<string[]> {
  const history = readHistory(store.read, places);
  const left = store.read
    .query<OperationRow, []>("select * from operation where status = 'running' order by sequence")
    .all();
  await Promise.all(
    left.map(({ id, epoch }) => {
      const { steps } = history.evidence(id);
      const last = steps.at(-1);
      return queue.interrupt(
        { id, epoch },
        {
          reason: "process_died",
          error: `the process that ran it died${last ? ` in step ${last.name}` : " between two steps"}`,
          failed_step: last?.name ?? null,
          attention: steps.length > 0 ? steps.map(tell).join("; ") : "no step was running",
        },
      );
    }),
  );
  return left.map(({ id }) => id);
}

function tell({ name, state, exitCode }: StepEvidence): string {
  const found = {
    "never-started": "its command was never started",
    running: "its command still runs",
    exited: `its command ended with exit ${exitCode}`,
    gone: "nobody knows whether it took effect",
  };
  return `${name}: ${found[state]}`;
}
