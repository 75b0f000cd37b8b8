import { expect, test } from "bun:test";
import { openPlainView } from "../../src/cli/plain-view.ts";
import type { EventBody } from "../../src/core/events.ts";
import { begun, ended, eventsOf, finished, started } from "./events.ts";
import { recordingTerminal } from "./recording-terminal.ts";

function shown(bodies: EventBody[], env: Record<string, string> = { LANG: "C.UTF-8" }): string {
  const terminal = recordingTerminal({ env });
  const view = openPlainView(terminal);
  for (const event of eventsOf("op_1", bodies)) view.event(event);
  return terminal.told();
}

test("a run that succeeds is told step by step, without colours", () => {
  const text = shown([
    begun("demo/hello"),
    started("steps/a"),
    finished("steps/a"),
    finished("steps/b", "skipped", "its condition is false"),
    ended(),
  ]);
  expect(text).toBe(
    [
      "demo/hello  op_1",
      "▸ a",
      "✓ a  1.2 s",
      "– b  skipped: its condition is false",
      "✓ demo/hello succeeded in 1 min 5 s  op_1",
      "",
    ].join("\n"),
  );
});

test("a failure says why, what was rolled back and what to type next", () => {
  const text = shown([
    begun("deploy/web"),
    started("steps/switch over"),
    finished("steps/switch over", "failed", "exit 1\nno such release"),
    { type: "rollback-started", because: "step switch over failed", step: "switch over" },
    ended({
      status: "failed",
      reason: "step_failed",
      error: "no such release",
      failed_step: "switch over",
      rollback: "done",
    }),
  ]);
  expect(text).toBe(
    [
      "deploy/web  op_1",
      "▸ switch over",
      "✗ switch over  1.2 s",
      "  exit 1",
      "  no such release",
      "rolling back: step switch over failed",
      "✗ deploy/web failed in step switch over after 1 min 5 s, rolled back",
      "  no such release",
      "  details:  garza status op_1",
      "  output:   garza logs op_1 --step 'switch over'",
      "",
    ].join("\n"),
  );
});

test("where the locale is not UTF-8 the marks are ASCII", () => {
  expect(shown([begun("x"), started("steps/a"), finished("steps/a")], { LANG: "C" })).toBe(
    "x  op_1\n> a\n+ a  1.2 s\n",
  );
});

test("of a loop of a thousand items the first are told, then only failures, then the counts", () => {
  const items = Array.from({ length: 1000 }, (_, at) => `steps/each[${at}]/steps/check`);
  const text = shown([
    begun("x"),
    started("steps/each", { type: "foreach" }),
    ...items.flatMap((key, at) => [
      started(key, { parent: "steps/each" }),
      finished(key, at === 700 ? "failed" : "success", at === 700 ? "refused" : null),
    ]),
    finished("steps/each", "failed", "1 of 1000 items failed"),
  ]);
  const lines = text.split("\n");
  expect(lines.length).toBeLessThan(40);
  expect(lines.slice(-5)).toEqual([
    "  ✗ [700] check  1.2 s",
    "    refused",
    "✗ each  1.2 s  999 steps done, 1 failed",
    "  1 of 1000 items failed",
    "",
  ]);
});

test("text from outside can't steer the terminal", () => {
  const text = shown([begun("x"), { type: "warning", key: null, message: "\u001b[2Jgone\r\nhidden \u202e" }]);
  expect(text).toBe("x  op_1\nwarning: \\x1b[2Jgone hidden \\u202e\n");
});

test("a nested operation stands under the step that loads it", () => {
  const terminal = recordingTerminal({ env: { LANG: "C.UTF-8" } });
  const view = openPlainView(terminal);
  const [one, two] = eventsOf("op_1", [begun("outer"), started("steps/load", { type: "load_operation" })]);
  const inner = eventsOf("op_2", [begun("inner", "op_1"), started("steps/a"), finished("steps/a"), ended()]);
  const last = eventsOf("op_1", [finished("steps/load")]);
  for (const event of [one, two, ...inner, ...last]) if (event) view.event(event);
  expect(terminal.told()).toBe("outer  op_1\n▸ load\n  ▸ a\n  ✓ a  1.2 s\n✓ load  1.2 s\n");
});
