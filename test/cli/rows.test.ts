import { expect, test } from "bun:test";
import { plain, table } from "../../src/cli/output.ts";
import { cutLines, queueCells, type RowLook } from "../../src/cli/rows.ts";

const operation = { id: "op_01KJPMS8R4N7QW2ZCH", status: "queued", priority: 8, queued_at: 0, template: "deploy/shop" };
const waiting = "deploy/shop is paused by ada@shop1 since 2026-03-02T09:14:00Z (freeze until Monday)";

function listed(width: number): string {
  const look: RowLook = { paint: plain, now: 60_000, width, more: "…" };
  return cutLines(table([queueCells({ ...operation, waiting }, look)]), look);
}

test("a row is as long as the terminal is wide, and what matters least goes first", () => {
  expect(listed(80)).toBe("op_01KJPMS8R4N7QW2ZCH  queued  priority 8  1 min ago  deploy/shop  deploy/shop …");
  expect(listed(60)).toBe("op_01KJPMS8R4N7QW2ZCH  queued  1 min ago  deploy/shop  depl…");
  for (const width of [40, 80, 120]) expect(Bun.stringWidth(listed(width))).toBe(width);
  expect(listed(Number.POSITIVE_INFINITY)).toEndWith(waiting);
});
