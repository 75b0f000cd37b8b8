import { expect, test } from "bun:test";
import { plain } from "../../src/cli/output.ts";
import { emptyOverview, type Overview } from "../../src/cli/status-all.ts";
import { queueFrame } from "../../src/cli/watch-queue/screen.ts";
import type { OperationRow } from "../../src/queue/rows.ts";

const now = Date.UTC(2026, 10, 22, 12);

function row(number: number, more: Partial<OperationRow>): OperationRow {
  return {
    ...{
      sequence: number,
      id: `op_01JD8Z7Q3K5X9AB${String(number).padStart(3, "0")}`,
      template: "maintain/a-template",
    },
    ...{ name: "a", type: "maintain", template_text: "", template_hash: "", attached: "{}", parameters: "{}" },
    ...{
      target: null,
      concurrency_group: null,
      exclusive: 0,
      hosts: "[]",
      timeout: null,
      parent: null,
      parent_step: null,
    },
    ...{ retry_of: null, rollback_of: null, idempotency_key: null, asked_by: "ada", priority: 5, status: "queued" },
    ...{ waiting_for: null, waiting_since: null, wake_at: null, reason: null, error: null, failed_step: null },
    ...{ rollback: "none", attention: null, cancel_by: null, epoch: 1, owner: null, not_before: null, not_after: null },
    ...{
      queued_at: now - 60_000,
      started_at: null,
      ended_at: null,
      after: null,
      deaths: 0,
      death_of: null,
      crash_loop: null,
    },
    ...more,
  };
}

const many = (count: number, more: Partial<OperationRow>) => Array.from({ length: count }, (_, at) => row(at, more));

const busy: Overview = {
  ...emptyOverview({
    ...{ queued: 20, running: 3, success: 9, failed: 3, cancelled: 0, interrupted: 0, waiting: 0, max_concurrent: 3 },
    ...{ workers: 3, oldest_queued_ms: 1, paused: [{ template: null, by: "ada", since: now, reason: "a freeze" }] },
  }),
  running: many(3, { status: "running", started_at: now - 5000 }).map((operation) => ({
    operation,
    step: { name: "a step with a rather long name", started_at: now - 2000, more: 1 },
  })),
  queued: many(5, {}).map((operation) => ({ operation, waiting: "waiting for lock deploy, held by bob since noon" })),
  attention: many(3, { status: "failed", ended_at: now }).map((operation) => ({
    operation,
    why: "step second failed: exit code 4; the rollback failed",
    next: [["roll it back again:", "garza queue rollback op_01JD8Z7Q3K5X9AB000"]],
  })),
  last: many(10, { status: "success", started_at: now - 900, ended_at: now }),
};

const frame = (columns: number, rows: number) =>
  queueFrame(busy, { paint: plain, more: "…", now, width: columns }, rows, "garza queue  /srv/operations");

for (const [columns, rows] of [
  [120, 50],
  [80, 24],
  [60, 16],
  [40, 10],
  [20, 4],
  [5, 1],
] as const) {
  test(`a frame fits into ${columns} columns and ${rows} rows`, () => {
    const lines = frame(columns, rows);
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(lines.filter((line) => Bun.stringWidth(line) > columns)).toEqual([]);
  });
}

test("where there is room everything is told, where there is little what runs and needs somebody comes first", () => {
  const whole = frame(120, 60).join("\n");
  expect(whole).toContain("roll it back again:");
  expect(whole).toContain("  … and 15 more: garza queue list queued");
  expect(whole.match(/success/g)).toHaveLength(10);

  const small = frame(80, 24);
  const titles = small.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/[ ,]/)[0]);
  expect(titles).toEqual(["Agent", "Paused", "Running", "Needs", "Queued"]);
  expect(small.at(-1)).toBe("2026-11-22 12:00:00Z  q quits");
});
