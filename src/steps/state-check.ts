import { z } from "zod";
import { isMapping, type Mapping, type Value } from "../core/value.ts";
import { looseEquals } from "../template/comparison.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done, failed, type Rendering, type StepContext } from "./step.ts";

type Config = { file: string; path?: string | undefined; service?: string | undefined };

export const stateCheck = defineStep({
  summary: "Read a value from a state file, and compare it where one is expected.",
  schema: z.strictObject({
    file: wordSchema.describe("File under infra/state/."),
    path: z
      .string()
      .optional()
      .describe("Where the value stands: `.apps.web.status`. With `*` all of them, as a list."),
    service: wordSchema.optional().describe("Instead of a path: the entry of that name, in whichever section it is."),
    action: z.literal("read").optional(),
    expected: z.unknown().optional().describe("The value that has to be there."),
  }),
  languages: { path: "state-path" },
  places: ["path"],
  effect: "read-only",
  asks: hasExpectation,
  faults: (config) =>
    Object.hasOwn(config, "path") && Object.hasOwn(config, "service")
      ? [{ key: "service", message: "there can be a path or a service, not both" }]
      : [],
  plan: (config) => [{ label: "read", text: `${config.file} ${placeOf(config)}`.trim() }],

  async run(config, context) {
    const found = await look(config, context);
    if (!hasExpectation(config) || looseEquals(found, config.expected as Value)) return done(found);
    return failed(`${config.file} ${placeOf(config)}: expected ${brief(config.expected)}, found ${brief(found)}`);
  },
});

function hasExpectation(config: Mapping | { expected?: unknown }): boolean {
  return Object.hasOwn(config, "expected") && config.expected !== undefined;
}

const placeOf = ({ path, service }: Config) => path ?? (service === undefined ? "" : `service ${service}`);

async function look(
  { file, path, service }: Config,
  { state, statePath }: Pick<StepContext, "state"> & Rendering,
): Promise<Value> {
  if (path !== undefined) {
    const segments = statePath(path);
    const values = (await state.get(file, segments)).map(({ value }) => value);
    return segments.some((segment) => typeof segment === "object") ? values : (values[0] ?? null);
  }
  const whole = await state.read(file);
  return service === undefined ? whole : inAnySection(whole, service);
}

function inAnySection(whole: Value, service: string): Value {
  const sections = isMapping(whole) ? Object.values(whole) : [];
  const section = sections.find((each): each is Mapping => isMapping(each) && Object.hasOwn(each, service));
  return section?.[service] ?? null;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
