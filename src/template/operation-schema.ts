/** Everything of a template but its parameters, prerequisites, steps and triggers. */
import { z } from "zod";
import { durationText, flagText, lineText } from "./scalars.ts";

export const operationSchema = z.strictObject({
  name: z.string().min(1).describe("Name of the operation; the template is found by it too."),
  type: z.enum(["deploy", "maintain", "recovery"]).describe("What kind of operation it is."),
  description: z.string().min(1).describe("What it does, for people."),
  platform: lineText.optional().describe("Where it works: `fly.io`, `docker`."),
  target: lineText.optional().describe("What it is about; else the resource of its first lock."),
  timeout: durationText.optional().describe("Limit of the whole operation: seconds, or `30m`."),
  concurrency_group: lineText.optional().describe("At most n of a group run at once (n from garza.yml, else 1)."),
  danger: z.enum(["low", "high"]).optional().describe("`high` is asked about before it runs."),
  exclusive: z.enum(["host"]).optional().describe("`host`: nothing else runs meanwhile on the hosts that it works on."),
});

export const rollbackSchema = z.strictObject({
  enabled: flagText.optional().describe("False: `on_failure` never runs."),
});

export const resultsSchema = z.strictObject({
  report_format: z.string().describe("Text of the report."),
  save_to: z.string().min(1).optional().describe("Path in the repository."),
});

export const recoveryStatsSchema = z.strictObject({
  success_rate_target: z.number().min(0).optional().describe("A figure for reports."),
  max_recovery_time: durationText.optional().describe("A figure for reports."),
  escalation_threshold: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("After so many failed recoveries the trigger is paused."),
});

export const notificationMoments = [
  "on_start",
  "on_success",
  "on_failure",
  "on_complete",
  "on_critical_failure",
] as const;

export const prerequisiteSchema = z
  .strictObject({
    check: lineText.optional().describe("What is checked, for people."),
    command: z.string().min(1).optional().describe("Run by `sh` in the repository root, or on `host`."),
    host: z.string().min(1).optional().describe("Where the command runs."),
    expected: lineText.optional().describe("The trimmed standard output."),
    expected_contains: lineText.optional().describe("Found in the standard output."),
    expected_exit: z.union([z.number().int().min(0).max(255), z.string().regex(/^\d+$/)]).optional(),
    timeout: durationText.optional().describe("Limit in seconds; 30 when it is not written."),
    hint: lineText.optional().describe("Shown when it fails."),
    unlocked: lineText.optional().describe("A resource that nobody else may hold."),
  })
  .superRefine((written, context) => {
    const message = (text: string) => context.addIssue({ code: "custom", message: text });
    if (written.command === undefined && written.unlocked === undefined) {
      message("a prerequisite has a `command`, or `unlocked` with a resource");
    }
    if (written.command !== undefined && written.unlocked !== undefined) {
      message("a prerequisite has either a `command` or `unlocked`, not both");
    }
  });

export const topLevelKeys = {
  operation: "What this operation is.",
  parameters: "Name to default, or to a mapping that describes the parameter.",
  prerequisites: "What must hold before anything is done.",
  steps: "What is done, in order.",
  rollback: "What is done when a step fails.",
  notifications: "Who is told, and when.",
  triggers: "When the agent queues this by itself.",
  results: "The report that is written at the end.",
  recovery_stats: "Figures about recoveries.",
} as const;
