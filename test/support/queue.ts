/** A real queue on a real database, with a clock that stands still until it is moved. */
import { join } from "node:path";
import { openEventLog } from "../../src/queue/event-log.ts";
import { openQueue, type Submission } from "../../src/queue/queue.ts";
import { openStore } from "../../src/store/store.ts";

export const claimant = { machine: "m1", boot: "b1", instance: "i1", pid: 1 };

export function testQueue(folder: string, groups: Record<string, number> = {}) {
  const clock = { now: 1_700_000_000_000 };
  const now = () => clock.now;
  const store = openStore(join(folder, "garza.db"), now, { reserveBytes: 4096 });
  const events = openEventLog(store, {
    now,
    onListenerError(cause) {
      throw cause;
    },
  });
  const queue = openQueue(store, events, { now, groupLimit: (group) => groups[group] ?? 1 });
  return {
    clock,
    store,
    events,
    queue,
    /** Submits one with this id. */
    add: (id: string, more: Partial<Submission> = {}) => queue.submit([submission(id, more)]),
    /** The id of what is claimed next; null when there is nothing. */
    async next(more: { ids?: string[]; overdueBefore?: number } = {}) {
      for (;;) {
        const chosen = await queue.claimNext({ claimant, ids: null, overdueBefore: null, ...more });
        if (chosen.kind !== "more") return chosen.kind === "claimed" ? chosen.row.id : null;
      }
    },
    row(id: string) {
      const row = queue.operation(id);
      if (!row) throw new Error(`no operation ${id}`);
      return row;
    },
    async end(id: string, status: "success" | "failed" | "cancelled" = "success") {
      const none = { reason: null, error: null, failed_step: null, attention: null };
      const epoch = queue.operation(id)?.epoch ?? 0;
      await queue.end({ id, epoch }, { status, rollback: "none", duration_ms: 1, ...none });
    },
  };
}

export const submission = (id: string, more: Partial<Submission> = {}): Submission => ({
  id,
  template: "deploy/web",
  name: "web",
  type: "deploy",
  template_text: "x",
  template_hash: "h",
  attached: "{}",
  parameters: "{}",
  target: null,
  concurrency_group: null,
  exclusive: 0,
  hosts: '["*"]',
  timeout: null,
  parent: null,
  parent_step: null,
  retry_of: null,
  rollback_of: null,
  idempotency_key: null,
  asked_by: "test",
  priority: 5,
  not_before: null,
  not_after: null,
  ...more,
});
