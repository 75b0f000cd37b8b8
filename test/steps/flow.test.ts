import { describe, expect, test } from "bun:test";
import { problem } from "../../src/core/problem.ts";
import { approval } from "../../src/steps/approval.ts";
import { assert } from "../../src/steps/assert.ts";
import { conditional } from "../../src/steps/conditional.ts";
import { delay } from "../../src/steps/delay.ts";
import { exit } from "../../src/steps/exit.ts";
import { loadOperation } from "../../src/steps/load-operation.ts";
import { parallel } from "../../src/steps/parallel.ts";
import { set } from "../../src/steps/set.ts";
import { done, failed } from "../../src/steps/step.ts";
import { configured, ok, runStep, stepContext, steppingClock } from "../support/step-context.ts";

describe("conditional", () => {
  const branches = { steps: () => ok, else: () => ok };

  test("its value is the branch that was taken", async () => {
    const run = (names: { n: number }, nested: Partial<typeof branches>) =>
      runStep(conditional, { condition: "n == 1" }, stepContext({ names, nested }));
    expect(await run({ n: 1 }, branches)).toEqual(done("steps"));
    expect(await run({ n: 2 }, branches)).toEqual(done("else"));
    expect(await run({ n: 2 }, { steps: branches.steps })).toEqual(done("none"));
  });

  test("with exit it ends the operation after its steps, and only then", async () => {
    const run = (condition: boolean) =>
      runStep(conditional, { condition, exit: true }, stepContext({ nested: branches }));
    expect(await run(true)).toEqual({ kind: "exit", status: "success", message: "" });
    expect(await run(false)).toEqual(done("else"));
  });

  test("a failure of its steps is its own, and no exit", async () => {
    const nested = { steps: () => ({ kind: "failed", step: "inner", message: "broke" }) as const };
    expect(await runStep(conditional, { condition: "true", exit: true }, stepContext({ nested }))).toEqual(
      failed("broke"),
    );
  });
});

describe("set", () => {
  test("values keep their types and see those before them", async () => {
    const context = stepContext({ names: { host: "web", n: 2 } });
    const values = {
      url: "https://${host}/",
      twice: "${n * 2}",
      list: ["${n}", "x"],
      message: "${url} ${twice}",
      host: "db",
      after: "${host}",
    };
    expect(await runStep(set, { values }, context)).toEqual(
      done(
        null,
        {},
        { url: "https://web/", twice: 4, list: [2, "x"], message: "https://web/ 4", host: "db", after: "db" },
      ),
    );
    expect(context.scope.get("host")).toBe("web");
    expect(set.sets?.({ values })).toEqual(["url", "twice", "list", "message", "host", "after"]);
  });
});

describe("assert", () => {
  test("holds silently and fails with its message, or else with its condition", async () => {
    const context = stepContext({ names: { n: 3 } });
    expect(await runStep(assert, { condition: "n > 2" }, context)).toEqual(done(null));
    expect(await runStep(assert, { condition: "n > 3", message: "only ${n}" }, context)).toEqual(failed("only 3"));
    expect(await runStep(assert, { condition: "n > 3" }, context)).toEqual(
      failed("the condition does not hold: n > 3"),
    );
  });
});

describe("exit", () => {
  test("ends with its status, success where none is written", async () => {
    expect(await runStep(exit, {})).toEqual({ kind: "exit", status: "success", message: "" });
    expect(await runStep(exit, { status: "failed", message: "no" })).toEqual({
      kind: "exit",
      status: "failed",
      message: "no",
    });
  });
});

describe("delay", () => {
  test("waits its length, in seconds or with a unit", async () => {
    const clock = steppingClock();
    await runStep(delay, { seconds: 2 }, stepContext({ clock }));
    await runStep(delay, { duration: "${d}" }, stepContext({ clock, names: { d: "5m" } }));
    expect(clock.slept).toEqual([2_000, 300_000]);
  });

  test("after a crash waits only for the rest", async () => {
    const clock = steppingClock();
    await runStep(delay, { seconds: 60 }, stepContext({ clock, startedAt: clock.now() - 45_000 }));
    await runStep(delay, { seconds: 60 }, stepContext({ clock, startedAt: clock.now() - 61_000 }));
    expect(clock.slept).toEqual([15_000]);
  });

  test("ends at once when it is cancelled", async () => {
    const reason = problem({ kind: "cancelled", by: "ann" });
    const context = stepContext({ signal: AbortSignal.abort(reason) });
    expect(await runStep(delay, { seconds: 60 }, context).catch((error: unknown) => error)).toBe(reason);
  });

  test("needs one of its two keys, and a length", () => {
    expect(delay.faults?.({})).toHaveLength(1);
    expect(delay.faults?.({ seconds: 1, duration: "1s" })).toHaveLength(1);
    expect(delay.faults?.({ seconds: 1 })).toEqual([]);
    expect(() => configured(delay, { duration: "soon" })).toThrow("is no duration");
  });
});

describe("approval", () => {
  const ask = (answer: Awaited<ReturnType<ReturnType<typeof stepContext>["ask"]>>) =>
    runStep(approval, { message: "deploy?" }, stepContext({ ask: async () => answer }));

  test("its value is who approved; a denial and nobody to ask are failures", async () => {
    expect(await ask({ approved: true, by: "ann" })).toEqual(done("ann"));
    expect(await ask({ approved: false, by: "ann" })).toEqual(failed("denied by ann"));
    expect(await ask(null)).toEqual(failed("nobody can be asked: there is no terminal"));
  });

  test("nobody answered in time: on_timeout decides; a cancel is no answer", async () => {
    const stopped = (reason: Error, keys = {}) => {
      const signal = AbortSignal.abort(reason);
      const context = stepContext({ signal, ask: async (_, withdrawn) => Promise.reject(withdrawn?.reason) });
      return runStep(approval, { message: "deploy?", ...keys }, context);
    };
    const late = problem({ kind: "timed-out", what: "step ask", seconds: 5 });
    expect(await stopped(late)).toEqual(failed("nobody answered in time"));
    expect(await stopped(late, { on_timeout: "continue" })).toEqual(done(null));
    const cancelled = problem({ kind: "cancelled", by: "ann" });
    expect(await stopped(cancelled, { on_timeout: "continue" }).catch((error: unknown) => error)).toBe(cancelled);
  });
});

describe("load_operation", () => {
  test("passes parameters on with their types and answers with the child's end", async () => {
    const asked: unknown[] = [];
    const context = stepContext({
      names: { hosts: ["a", "b"] },
      async loadOperation(request) {
        asked.push(request);
        return { status: "success", message: "", id: "op_CHILD" };
      },
    });
    const keys = { template: "maintain/restart", parameters: { hosts: "${hosts}", force: true } };
    expect(await runStep(loadOperation, keys, context)).toEqual(done("success"));
    expect(asked).toEqual([
      { template: "maintain/restart", parameters: { hosts: ["a", "b"], force: true }, execute: true },
    ]);
    expect(context.said).toEqual(["operation op_CHILD: success"]);
  });

  test("a child that failed is its failure", async () => {
    const context = stepContext({
      loadOperation: async () => ({ status: "failed", message: "step x failed", id: null }),
    });
    expect(await runStep(loadOperation, { template: "x", execute: "false" }, context)).toEqual(failed("step x failed"));
  });
});

describe("parallel", () => {
  test("every branch has its own scope, kept in its record", async () => {
    const context = stepContext({
      names: { outer: 1 },
      nested: {
        web({ scope }) {
          scope.set("health_status", "ok");
          scope.set("seen", scope.get("outer") ?? null);
          return ok;
        },
        db({ scope }) {
          scope.set("health_status", "failed");
          return ok;
        },
      },
    });
    expect(await runStep(parallel, {}, context)).toEqual(
      done({
        web: { status: "success", error: null, values: { health_status: "ok", seen: 1 } },
        db: { status: "success", error: null, values: { health_status: "failed" } },
      }),
    );
    expect(context.scope.has("health_status")).toBe(false);
  });

  test("a failure leaves the others to their end and names every branch that failed", async () => {
    const ended: string[] = [];
    const gate = Promise.withResolvers<void>();
    const context = stepContext({
      nested: {
        a() {
          gate.resolve();
          return { kind: "failed", step: "x", message: "refused" };
        },
        async b() {
          await gate.promise;
          ended.push("b");
          return ok;
        },
        c: () => ({ kind: "failed", step: "y", message: "late" }),
      },
    });
    expect(await runStep(parallel, {}, context)).toMatchObject({
      kind: "failed",
      message: "2 of 3 branches failed: a (refused), c (late)",
      value: { b: { status: "success" }, c: { status: "failed", error: "late" } },
    });
    expect(ended).toEqual(["b"]);
  });
});
