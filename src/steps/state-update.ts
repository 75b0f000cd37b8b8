import { z } from "zod";
import { problem } from "../core/problem.ts";
import { isMapping, type Mapping, type Value } from "../core/value.ts";
import type { StateChange, StateUpdate } from "../state/state-files.ts";
import { showPath } from "../state/state-path.ts";
import { parseText } from "../template/text.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done, type PlanContext, type Rendering } from "./step.ts";

type Config = { file: string; updates: Record<string, unknown> };

export const stateUpdate = defineStep({
  summary: "Change values in a state file.",
  schema: z.strictObject({
    file: wordSchema.describe("File under infra/state/; made where it is not there."),
    updates: z.record(z.string(), z.unknown()).describe("State path to value. A literal null deletes."),
    publish: z
      .literal("now")
      .optional()
      .describe(
        "`now`: other machines have it before the next step. Without it they do before the operation's next `unlock`, or after its end.",
      ),
  }),
  languages: { updates: "state-updates" },
  effect: "changes",

  plan: (config, context) =>
    updatesOf(config, context).map(({ path, value }) => {
      const place = `${config.file} ${showPath(path)}`;
      if (value === undefined) return { label: "leave", text: `${place}, as its value is not set` };
      return value === null
        ? { label: "delete", text: place }
        : { label: "set", text: `${place} = ${JSON.stringify(value)}` };
    }),

  async intent(config, context) {
    const { changes } = await context.state.preview(config.file, updatesOf(config, context));
    return { file: config.file, changes: changes.map(noted) };
  },

  /** Each place has the value from before or from after: whichever were written, writing them all is right. */
  async evidence(config, intent, { state, ...rendering }) {
    const { changes } = await state.preview(config.file, updatesOf(config, rendering));
    const now = new Map(changes.map(({ path, before }) => [path, before]));
    const isKnown = (change: Mapping) =>
      [change.before, change.after].some((value) => Bun.deepEquals(now.get(String(change.path)), value));
    const noted = Array.isArray(intent.changes) ? intent.changes.filter(isMapping) : [];
    return noted.every(isKnown) ? "run" : "unknown";
  },

  async run(config, context) {
    const { changes, warnings } = await context.state.update(config.file, updatesOf(config, context));
    for (const warning of warnings) context.warn(warning);
    const owed = config.publish === "now" ? await context.publish() : null;
    if (owed) throw problem(owed);
    return done(changes.filter(({ before, after }) => !Bun.deepEquals(before, after)).map(({ path }) => path));
  },
});

const updatesOf = (
  { updates }: Config,
  rendering: Pick<PlanContext, "statePath" | "text" | "expression">,
): StateUpdate[] =>
  Object.entries(updates).map(([text, written]) => ({
    path: rendering.statePath(text),
    text,
    value: valueToWrite(written as Value, rendering),
  }));

/** Null only where the author wrote it; undefined where the value is not set. */
function valueToWrite(written: Value, { text, expression }: Pick<Rendering, "text" | "expression">): Value | undefined {
  if (typeof written !== "string") return written === null ? null : text(written);
  const [part, ...others] = parseText(written);
  if (part?.kind !== "expression" || others.length > 0) return text(written);
  return expression(part.source) ?? undefined;
}

/** JSON has no undefined: a place that was not there, or is gone after, has no such key. */
const noted = ({ path, before, after }: StateChange): Mapping => ({
  path,
  ...(before !== undefined && { before }),
  ...(after !== undefined && { after }),
});
