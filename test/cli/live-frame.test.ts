import { expect, test } from "bun:test";
import { liveFrame } from "../../src/cli/live-frame.ts";
import { marksFor } from "../../src/cli/marks.ts";
import { plain } from "../../src/cli/output.ts";
import { type Progress, trackProgress } from "../../src/cli/progress.ts";
import { endedLines } from "../../src/cli/step-lines.ts";
import type { EventBody } from "../../src/core/events.ts";
import { begun, eventsOf, finished, started } from "./events.ts";

const look = { paint: plain, marks: marksFor({ LANG: "C.UTF-8" }), width: 60, now: 20_000, frame: 0 };

function progressOf(bodies: EventBody[]): Progress {
  const progress = trackProgress();
  for (const event of eventsOf("op_1", bodies)) progress.apply(event);
  return progress;
}

test("the frame shows what runs, nested steps indented, its last lines, and the whole", () => {
  const progress = progressOf([
    begun("x"),
    started("steps/first"),
    finished("steps/first"),
    started("steps/both", { type: "parallel" }),
    started("steps/both/left/build", { parent: "steps/both" }),
    started("steps/both/right/wait", { parent: "steps/both" }),
    { type: "step-said", key: "steps/both/right/wait", text: "not yet" },
  ]);
  for (const text of ["one", "", "two\u001b[2J"]) progress.line("op_1", "steps/both/left/build", text);
  expect(liveFrame(progress, look, 24)).toEqual([
    "⠋ both  17 s",
    "  ⠋ build  16 s",
    "    │ one",
    "    │ two\\x1b[2J",
    "  ⠋ wait  15 s  not yet",
    "op_1  1 step done, 20 s  Ctrl-C cancels",
  ]);
});

test("once it is cancelled the footer says what another Ctrl-C does", () => {
  const progress = progressOf([begun("x"), started("steps/a"), { type: "cancel-requested", by: "ada" }]);
  expect(liveFrame(progress, look, 24).at(-1)).toBe("op_1  0 steps done, 20 s  Ctrl-C leaves at once");
});

test("only the last five lines of output are kept", () => {
  const progress = progressOf([begun("x"), started("steps/a")]);
  for (let at = 1; at <= 100_000; at++) progress.line("op_1", "steps/a", `line ${at}`);
  expect(liveFrame(progress, look, 24).slice(1, -1)).toEqual(
    [99_996, 99_997, 99_998, 99_999, 100_000].map((at) => `  │ line ${at}`),
  );
});

test("no frame is higher than the screen, nor wider", () => {
  const items = Array.from({ length: 1000 }, (_, at) =>
    started(`steps/each[${at}]/steps/check`, { parent: "steps/each", name: `check ${"long ".repeat(30)}` }),
  );
  const progress = progressOf([begun("x"), started("steps/each", { type: "foreach" }), ...items]);
  for (const rows of [2, 3, 10, 50]) {
    const frame = liveFrame(progress, look, rows);
    expect(frame.length).toBe(rows);
    expect(Math.max(...frame.map((line) => line.length))).toBeLessThanOrEqual(look.width);
  }
  expect(liveFrame(progress, look, 6)).toEqual([
    "⠋ each  19 s",
    "  ⠋ [0] check long long long long long long long long long …",
    "  … 997 more lines",
    "  ⠋ [998] check long long long long long long long long lon…",
    "  ⠋ [999] check long long long long long long long long lon…",
    "op_1  0 steps done, 20 s  Ctrl-C cancels",
  ]);
});

test("a loop of a thousand items leaves its counts, and the items that failed", () => {
  const items = Array.from({ length: 1000 }, (_, at) => `steps/each[${at}]/steps/check`);
  const progress = progressOf([
    begun("x"),
    started("steps/each", { type: "foreach" }),
    ...items.flatMap((key, at) => [
      started(key, { parent: "steps/each" }),
      finished(key, at % 500 === 499 ? "failed" : "success", at % 500 === 499 ? "refused" : null),
    ]),
  ]);
  const [each] = [...progress.running];
  if (!each) throw new Error("the loop does not run");
  progress.apply({ ...finished("steps/each", "failed", "2 items failed"), operation: "op_1", sequence: 9, at: 0 });
  const lines = endedLines(each, look);
  expect(lines).toEqual([
    "✗ each  1.2 s  998 steps done, 2 failed",
    "  ✗ [499] check  1.2 s",
    "    refused",
    "  ✗ [999] check  1.2 s",
    "    refused",
  ]);
});

test("what failed shows the last lines that it printed; a second attempt is counted", () => {
  const progress = progressOf([
    begun("x"),
    started("steps/a"),
    { type: "step-retrying", key: "steps/a", attempt: 1, delay_ms: 10, error: "exit 1" },
    started("steps/a", { attempt: 2 }),
  ]);
  progress.line("op_1", "steps/a", "cannot open /etc/x");
  const [step] = [...progress.running];
  progress.apply({ ...finished("steps/a", "failed", "exit 1"), operation: "op_1", sequence: 9, at: 0 });
  expect(step && endedLines(step, look)).toEqual(["✗ a  1.2 s  attempt 2", "  exit 1", "  │ cannot open /etc/x"]);
});
