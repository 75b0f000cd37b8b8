import { z } from "zod";
import { isEmpty, type Mapping, toText } from "../core/value.ts";
import { operationsFile } from "../state/operation-entry.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";

export const operationLog = defineStep({
  summary: "Append an entry to a log in a state file. Its value is the entry's id.",
  schema: z.strictObject({
    entry: z
      .record(z.string(), z.unknown())
      .describe("Fields of the entry; `id` and `timestamp` are added where they are missing."),
    file: wordSchema.default(operationsFile).describe("File under infra/state/."),
  }),
  // An entry is known by its id, which stays the same when the step is run again after a crash.
  effect: "idempotent",
  plan: ({ entry, file }) => [{ label: "append", text: `${file} ${JSON.stringify(entry)}` }],

  async run({ entry, file }, { state, token }) {
    const { id } = entry as Mapping;
    return done(await state.append(file, entry as Mapping, isEmpty(id) ? token : toText(id)));
  },
});
