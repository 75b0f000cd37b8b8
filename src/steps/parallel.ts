import { z } from "zod";
import type { Mapping } from "../core/value.ts";
import { defineStep, done, type NestedOutcome, type StepContext } from "./step.ts";

export const parallel = defineStep({
  summary: "Run branches of steps at the same time.",
  schema: z.strictObject({}),
  nested: { branches: "branches" },
  nestedRequired: ["branches"],
  // What it changes, its nested steps change.
  effect: "read-only",
  plan: () => [{ label: "run", text: "all branches at the same time" }],

  async run(_, context) {
    // A branch that fails leaves the others to their end: cut off half way they would be harder to mend.
    const settled = await Promise.allSettled(context.nestedKeys.map((name) => runBranch(name, context)));
    const ends = settled.map((branch) => {
      if (branch.status === "rejected") throw branch.reason;
      return branch.value;
    });
    context.signal.throwIfAborted();
    const value: Mapping = Object.fromEntries(ends.map(({ name, record }) => [name, record]));
    const exit = ends.map(({ outcome }) => outcome).find((outcome) => outcome.kind === "exit");
    if (exit) return exit;
    const failures = ends.flatMap(({ name, outcome }) =>
      outcome.kind === "failed" ? `${name} (${outcome.message})` : [],
    );
    if (failures.length === 0) return done(value);
    const message = `${failures.length} of ${ends.length} branches failed: ${failures.join(", ")}`;
    return { kind: "failed", message, value };
  },
});

async function runBranch(name: string, context: StepContext) {
  const scope = context.scope.nest();
  const outcome = await context.nested(name, { scope, beside: true });
  return { name, outcome, record: { ...endOf(outcome), values: scope.own() } };
}

const endOf = (outcome: NestedOutcome) =>
  outcome.kind === "failed" ? { status: "failed", error: outcome.message } : { status: "success", error: null };
