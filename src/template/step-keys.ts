/** The keys that every step has. */
import { z } from "zod";
import { conditionText, countText, durationText, flagText, lineText, nameText, numberText } from "./scalars.ts";
import type { KeyLanguage } from "./step-type.ts";

export const stepOptionsSchema = z.strictObject({
  description: lineText.optional().describe("What the step is for, for people."),
  when: conditionText.optional().describe("The step is skipped if this does not hold."),
  timeout: durationText.optional().describe("Limit of each attempt: seconds, or `30s`, `5m`."),
  retries: countText.optional().describe("Further attempts after the first."),
  retry_delay: durationText.optional().describe("Pause before a further attempt."),
  retry_backoff: numberText.optional().describe("By what the pause grows each time; 1 keeps it constant."),
  check: z.string().optional().describe("A condition or command that tells whether the effect is there already."),
  kill_grace: durationText.optional().describe("Time between the polite and the hard end of a process."),
  continue_on_failure: flagText.optional().describe("The operation goes on when the step fails."),
  optional: flagText.optional().describe("A failure makes the step `skipped`."),
  output: nameText.optional().describe("The step's headline value is stored under this name."),
  idempotent: flagText.optional().describe("It may be run again after a crash in the middle."),
  sensitive: flagText.optional().describe("Its output is never stored or shown."),
});

export const optionKeys: readonly string[] = Object.keys(stepOptionsSchema.shape);

export const optionLanguages: Readonly<Record<string, KeyLanguage>> = { when: "condition" };

/** Keys that are read apart: what the step is, and the steps that compensate it. */
export const ownKeys: readonly string[] = ["type", "name", "undo"];
export const ownKeyDescriptions = {
  type: "What kind of step it is.",
  name: "Unique; `steps.<name>` is the step's record.",
  undo: "Steps that compensate it, run when a later step fails.",
} as const;
