import { z } from "zod";
import type { Value } from "../core/value.ts";
import type { Scope } from "../template/scope.ts";
import { itemsOf, itemsSchema } from "./items.ts";
import { needLoop } from "./loop-records.ts";
import { conditionSchema, wordSchema } from "./scalar-schemas.ts";
import { defineStep, done, type ItemRecord, type StepContext } from "./step.ts";

export const filter = defineStep({
  summary: "Pick the items for which a condition holds.",
  schema: z.strictObject({
    condition: conditionSchema.describe(
      "Expression over what the item's own steps set, the loop variable (`item` for `items`), and a service's fields.",
    ),
    items: itemsSchema.optional().describe("What to pick from."),
    from: wordSchema.optional().describe("Name of the foreach step whose items to pick from (default: the last one)."),
  }),
  languages: { condition: "condition" },
  binds: () => ["item"],
  faults: (config) =>
    config.items !== undefined && config.from !== undefined
      ? [{ key: "from", message: "a filter has `items` or `from`, not both" }]
      : [],
  effect: "read-only",
  plan: ({ condition, items, from }) => [
    { label: "pick", text: `${items === undefined ? (from ?? "the last loop's items") : "items"} where ${condition}` },
  ],

  async run({ condition, items, from }, context) {
    const seen = items === undefined ? needLoop(context, from) : itemsOf(items).map(bareItem);
    const picked = seen.filter((record) => context.condition(condition, scopeOf(record, context)));
    return done(picked.map(({ item }) => item));
  },
});

type Seen = Pick<ItemRecord, "item" | "as" | "values">;

const bareItem = (item: Value): Seen => ({ item, as: "item", values: {} });

/** Outermost first: what the template set, the registry's fields of the service, the item's own variables. */
function scopeOf({ item, as, values }: Seen, context: StepContext): Scope {
  const registry = context.scope.nest();
  const entry = typeof item === "string" ? context.services.entry(item) : undefined;
  for (const [name, value] of Object.entries(entry ?? {})) registry.set(name, value);
  const own = registry.nest();
  for (const [name, value] of Object.entries(values)) own.set(name, value);
  own.setLoopVariable(as, item);
  return own;
}
