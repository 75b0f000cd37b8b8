import { describe, expect, test } from "bun:test";
import { problem } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { aggregateResults } from "../../src/steps/aggregate-results.ts";
import { filter } from "../../src/steps/filter.ts";
import { foreach } from "../../src/steps/foreach.ts";
import { itemsOf } from "../../src/steps/items.ts";
import { done, type ItemRecord } from "../../src/steps/step.ts";
import { type Nested, ok, runStep, stepContext } from "../support/step-context.ts";

const broken = (message: string) => ({ kind: "failed", step: "check", message }) as const;

const record = (item: Value, more: Partial<ItemRecord> = {}): ItemRecord => ({
  item,
  index: 0,
  as: "service",
  status: "success",
  error: null,
  values: {},
  ...more,
});

describe("items", () => {
  test("a list, a mapping's pairs, lines or words between commas", () => {
    expect(itemsOf(["a", 1, null])).toEqual(["a", 1, null]);
    expect(itemsOf({ web: 80 })).toEqual([{ key: "web", value: 80 }]);
    expect(itemsOf("a, b,,c")).toEqual(["a", "b", "c"]);
    expect(itemsOf("a, b\n\n c \n")).toEqual(["a, b", "c"]);
    expect(itemsOf("")).toEqual([]);
    expect(itemsOf(undefined)).toEqual([]);
  });
});

describe("foreach", () => {
  const loop = (steps: Nested, keys = {}, more = {}) =>
    runStep(foreach, { items: ["a", "b", "c"], as: "service", ...keys }, stepContext({ nested: { steps }, ...more }));

  test("each item has its own scope and place, and its record keeps what its steps set", async () => {
    const places: string[] = [];
    const context = stepContext({
      names: { prefix: "x-" },
      nested: {
        steps({ scope, at }) {
          places.push(at);
          scope.set("seen", `${scope.get("prefix")}${scope.get("service")}${scope.isLoopVariable("service")}`);
          return ok;
        },
      },
    });
    expect(await runStep(foreach, { items: "${['a', 'b']}", as: "service" }, context)).toEqual(
      done([
        { item: "a", index: 0, as: "service", status: "success", error: null, values: { seen: "x-atrue" } },
        { item: "b", index: 1, as: "service", status: "success", error: null, values: { seen: "x-btrue" } },
      ]),
    );
    expect(places).toEqual(["[0]", "[1]"]);
    expect(context.scope.has("seen") || context.scope.has("service")).toBe(false);
  });

  test("one by one it stops at the first failure; what was not started is skipped", async () => {
    const seen: Value[] = [];
    const outcome = await loop(({ scope }) => {
      const item = scope.get("service") ?? null;
      seen.push(item);
      return item === "b" ? broken("refused") : ok;
    });
    expect(outcome).toMatchObject({ kind: "failed", message: "1 of 3 items failed: b (refused)" });
    expect(outcome).toHaveProperty("value.0.status", "success");
    expect(outcome).toHaveProperty("value.1.error", "refused");
    expect(outcome).toHaveProperty("value.2.status", "skipped");
    expect(seen).toEqual(["a", "b"]);
  });

  test("without fail_fast all items run, then it fails, unless its results are read later", async () => {
    const steps: Nested = ({ scope }) => (scope.get("service") === "c" ? ok : broken("no"));
    for (const keys of [{ fail_fast: false }, { parallel: true }]) {
      expect(await loop(steps, keys)).toMatchObject({ kind: "failed", message: "2 of 3 items failed: a (no), b (no)" });
      expect(await loop(steps, keys, { resultsAreRead: true })).toMatchObject({
        kind: "done",
        value: [{ status: "failed" }, { status: "failed" }, { status: "success" }],
      });
    }
    expect(await loop(steps, { fail_fast: true }, { resultsAreRead: true })).toHaveProperty("kind", "failed");
  });

  test("in parallel at most max_concurrent run at once, and records keep the items' order", async () => {
    let running = 0;
    let most = 0;
    const items = Array.from({ length: 20 }, (_, index) => index);
    const steps: Nested = async ({ scope }) => {
      most = Math.max(most, ++running);
      // Later items end sooner.
      for (let turn = 0; turn < 20 - Number(scope.get("service")); turn++) await Promise.resolve();
      running--;
      return ok;
    };
    const outcome = await loop(steps, { items, parallel: true, max_concurrent: 4 });
    expect(most).toBe(4);
    expect(outcome.kind === "done" && (outcome.value as ItemRecord[]).map(({ item }) => item)).toEqual(items);
    running = most = 0;
    await loop(steps, { items, parallel: true });
    expect(most).toBe(10);
  });

  test("failing fast in parallel stops the siblings that are under way", async () => {
    const stopped: unknown[] = [];
    const steps: Nested = ({ scope, signal }) => {
      if (scope.get("service") === "b") return broken("refused");
      return new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          stopped.push(signal.reason.message);
          resolve(broken(signal.reason.message));
        });
      });
    };
    expect(await loop(steps, { parallel: true, fail_fast: true })).toHaveProperty("kind", "failed");
    expect(stopped).toEqual(["cancelled by the failure of b", "cancelled by the failure of b"]);
  });

  test("a cancel is thrown, not told as an item's failure", async () => {
    const cancel = new AbortController();
    const reason = problem({ kind: "cancelled", by: "ann" });
    const outcome = loop(
      () => {
        cancel.abort(reason);
        return broken("cancelled by ann");
      },
      { parallel: true },
      { signal: cancel.signal },
    );
    expect(await outcome.catch((error: unknown) => error)).toBe(reason);
  });

  test("no items, no runs", async () => {
    const steps: Nested = () => broken("ran");
    expect(await loop(steps, { items: [] })).toEqual(done([]));
    expect(await loop(steps, { items: "${none || ''}", parallel: true })).toEqual(done([]));
  });

  test("an exit inside ends the loop with it", async () => {
    const end = { kind: "exit", status: "success", message: "enough" } as const;
    expect(await loop(() => end)).toEqual(end);
  });
});

describe("filter", () => {
  const services = { web: { type: "fly", critical: true }, db: { type: "vm", critical: false } };
  const records = [
    record("web", { values: { health_status: "failed" } }),
    record("db", { index: 1, values: { health_status: "failed" } }),
    record("cache", { index: 2, values: { health_status: "ok" } }),
  ];
  const pick = (keys: { condition: string; items?: Value; from?: string }, loop = (_from?: string) => records) =>
    runStep(
      filter,
      keys,
      stepContext({ services, loop: loop as () => ItemRecord[], names: { wanted: "failed", type: "outer" } }),
    );

  test("sees each item's own variables, the registry's fields, and outer names", async () => {
    expect(await pick({ condition: "health_status == wanted" })).toEqual(done(["web", "db"]));
    expect(await pick({ condition: "health_status == 'failed' AND critical" })).toEqual(done(["web"]));
    expect(await pick({ condition: "service.type == 'vm'" })).toEqual(done(["db"]));
    // The registry's `type` hides the outer one where the item is a service.
    expect(await pick({ condition: "type == 'outer'" })).toEqual(done(["cache"]));
  });

  test("picks from a list of its own, under the name item", async () => {
    expect(await pick({ condition: "item.critical == true", items: ["web", "db"] })).toEqual(done(["web"]));
    expect(await pick({ condition: "item > 1", items: [1, 2, 3] })).toEqual(done([2, 3]));
  });

  test("reads the loop it names, and fails without one", async () => {
    const asked: (string | undefined)[] = [];
    const none = (from?: string) => {
      asked.push(from);
      return undefined as unknown as ItemRecord[];
    };
    const thrown = await pick({ condition: "true", from: "each" }, none).catch((error: Error) => error.message);
    expect(thrown).toBe("step step failed: the foreach each has not run before it");
    expect(asked).toEqual(["each"]);
  });
});

describe("aggregate_results", () => {
  const records = [
    record("web", { values: { health_status: "ok" } }),
    record("db|1", { index: 1, status: "failed", error: "refused\nby peer", values: { health_status: "failed" } }),
    record("cache", { index: 2 }),
    record({ name: "queue" }, { index: 3, status: "skipped" }),
  ];
  const details = "- web: ok\n- db|1: failed (refused\nby peer)\n- cache: ok\n- queue: skipped";
  const sets = { total_services: 4, healthy_count: 2, unhealthy_count: 2, service_details: details };
  const report = (format?: string) =>
    runStep(aggregateResults, format ? { format } : {}, stepContext({ loop: () => records }));

  test("counts by health_status, or else by how the item ended, in three forms", async () => {
    expect(await report()).toEqual(
      done(
        [
          "**2 of 4 healthy**",
          "",
          "| Service | Status | Details |",
          "| --- | --- | --- |",
          "| web | ok |  |",
          "| db\\|1 | failed | refused by peer |",
          "| cache | ok |  |",
          "| queue | skipped |  |",
        ].join("\n"),
        {},
        sets,
      ),
    );
    expect(await report("text")).toEqual(done(`2 of 4 healthy\n${details}`, {}, sets));
    expect(await report("json")).toMatchObject({
      value: {
        total_services: 4,
        service_details: [{ name: "web", status: "ok", healthy: true, details: "" }, {}, {}, {}],
      },
      sets,
    });
  });

  test("needs a loop before it", async () => {
    const thrown = await runStep(aggregateResults, {}).catch((error: Error) => error.message);
    expect(thrown).toBe("step step failed: no foreach has run before it");
  });
});
