import { z } from "zod";
import { problem } from "../core/problem.ts";
import { type Mapping, toText, type Value } from "../core/value.ts";
import { itemsOf, itemsSchema } from "./items.ts";
import { labelOf } from "./loop-records.ts";
import { flagSchema, wholeNumberSchema } from "./scalar-schemas.ts";
import { defineStep, done, type ItemRecord, type NestedOutcome, type StepContext } from "./step.ts";

const schema = z.strictObject({
  items: itemsSchema
    .optional()
    .describe("A list; a mapping (each item is its `key` and `value`); text: an item a line, or between commas."),
  as: z
    .string()
    .regex(/^[A-Za-z_][\w-]*$/, { error: "expected a name (letters, digits, _ and -)" })
    .default("item")
    .describe("Name of the item in its steps."),
  parallel: flagSchema.default(false).describe("Run items at the same time."),
  max_concurrent: wholeNumberSchema(1).default(10).describe("At most so many at once, where they run in parallel."),
  fail_fast: flagSchema.optional().describe("Stop at the first item that fails (default: unless parallel)."),
});
type Config = z.infer<typeof schema>;

export const foreach = defineStep({
  summary: "Run steps for each item of a list.",
  schema,
  nested: { steps: "list" },
  nestedRequired: ["steps"],
  binds: (config) => [typeof config.as === "string" ? config.as : "item"],
  faults: (config) => (config.items === undefined ? [{ message: "a foreach needs `items`" }] : []),
  // What it changes, its nested steps change.
  effect: "read-only",

  plan(config) {
    const width = config.parallel ? `, ${config.max_concurrent} at once` : "";
    return [{ label: "for each", text: `${config.as} of ${toText(itemsOf(config.items))}${width}` }];
  },

  async run(config, context) {
    const failFast = config.fail_fast ?? !config.parallel;
    const { records, exit } = await runItems(config, failFast, context);
    context.signal.throwIfAborted();
    if (exit) return exit;
    const value = records as unknown as Mapping[];
    const failures = records.filter(({ status }) => status === "failed");
    if (failures.length === 0 || (!failFast && context.resultsAreRead)) return done(value);
    const named = failures.map(({ item, error }) => `${labelOf(item)} (${error})`);
    return {
      kind: "failed",
      message: `${failures.length} of ${records.length} items failed: ${named.join(", ")}`,
      value,
    };
  },
});

type Exit = Extract<NestedOutcome, { kind: "exit" }>;

async function runItems(config: Config, failFast: boolean, context: StepContext) {
  const items = itemsOf(config.items);
  const records = items.map((item, index) => notStarted(config.as, item, index));
  const stop = new AbortController();
  let exit: Exit | undefined;
  let next = 0;

  const runItem = async (index: number) => {
    const item = items[index] ?? null;
    const scope = context.scope.nest();
    scope.setLoopVariable(config.as, item);
    const outcome = await context.nested("steps", {
      at: `[${index}]`,
      scope,
      signal: stop.signal,
      beside: config.parallel,
    });
    records[index] = finished(records[index] ?? notStarted(config.as, item, index), outcome, scope.own());
    if (outcome.kind === "exit") exit ??= outcome;
    if (outcome.kind === "exit" || (outcome.kind === "failed" && failFast)) {
      stop.abort(
        problem({ kind: "cancelled", by: `the ${outcome.kind === "exit" ? "exit" : "failure"} of ${labelOf(item)}` }),
      );
    }
  };
  let isBroken = false;
  const isStopped = () => stop.signal.aborted || context.signal.aborted;
  const take = () => {
    while (isStopped() && next < items.length && !context.wasLeftOpen(`[${next}]`)) next++;
    return isBroken || next >= items.length ? undefined : next++;
  };
  const lane = async () => {
    try {
      for (let index = take(); index !== undefined; index = take()) await runItem(index);
    } catch (error) {
      // What nobody can tell of one item says nothing of the others: those that run are left to their end.
      isBroken = true;
      throw error;
    }
  };

  const width = config.parallel ? Math.min(config.max_concurrent, items.length) : 1;
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane));
  const broken = lanes.find((end) => end.status === "rejected");
  if (broken) throw broken.reason;
  return { records, exit };
}

const notStarted = (as: string, item: Value, index: number): ItemRecord => ({
  item,
  index,
  as,
  status: "skipped",
  error: null,
  values: {},
});

function finished(record: ItemRecord, outcome: NestedOutcome, own: Mapping): ItemRecord {
  const values = Object.fromEntries(Object.entries(own).filter(([name]) => name !== record.as));
  if (outcome.kind === "failed") return { ...record, status: "failed", error: outcome.message, values };
  return { ...record, status: "success", values };
}
