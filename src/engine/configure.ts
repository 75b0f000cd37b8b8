/** A step's keys as written, filled in and then checked by its schema: what `run` and `plan` get. */
import { problem } from "../core/problem.ts";
import { isEmpty, type Mapping, type Value } from "../core/value.ts";
import type { Rendering, StepType } from "../steps/step.ts";
import { interpolate } from "../template/interpolate.ts";
import type { Step } from "../template/template.ts";
import { refuseUnset } from "./rendering.ts";

/** Keys that say where or on what a step works: whatever the type, an empty value fails the step. */
const places: ReadonlySet<string> = new Set(
  "host user directory resource service group file from to url script template".split(" "),
);
/** Keys that become part of a command: a name that is not set fails the step. */
const arguments_: ReadonlySet<string> = new Set(["args", "env", "stdin"]);

/** Throws `value-refused` for an empty place, a name that is not set, and values the schema refuses. */
export function configure(step: Step, type: StepType, rendering: Rendering): unknown {
  const config: Mapping = {};
  for (const [key, written] of Object.entries(step.config)) {
    if ((type.languages?.[key] ?? "text") !== "text") {
      config[key] = written;
      continue;
    }
    const isPlace = places.has(key) || (type.places?.includes(key) ?? false);
    const where = `${step.name}.${key}`;
    const value =
      isPlace || arguments_.has(key)
        ? interpolate(written, rendering.scope, refuseUnset(where))
        : rendering.text(written);
    if (isEmpty(value)) {
      if (isPlace) throw refused(where, "is empty; it says where the step works");
      if (isTemplated(written) && key !== "stdin") continue;
    }
    config[key] = value;
  }
  const parsed = type.schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused([step.name, ...(issue?.path ?? [])].join("."), issue?.message ?? "is refused");
}

const isTemplated = (written: Value) => typeof written === "string" && written.includes("${");

const refused = (where: string, message: string) => problem({ kind: "value-refused", code: "E_VALUE", where, message });
