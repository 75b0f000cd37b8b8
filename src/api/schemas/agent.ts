/** The agent and its queue, as they are answered. */
import { z } from "zod";
import { instant, name, textOrNull } from "./named.ts";

export const agent = name(
  "Agent",
  z.object({
    pid: z.int(),
    instance: z.string().describe("Random, made at its start."),
    command: z.string(),
    since: instant,
    socket: textOrNull,
    workers: z.int().describe("Operations that it runs at once."),
    version: z.string(),
    configured: instant.describe("When its configuration was read, or refused, last."),
    refused: textOrNull.describe("Why what the configuration's files say now is not in force."),
    secrets: z
      .array(z.object({ name: z.string(), source: textOrNull }))
      .describe("Where each secret that is stored, or that a template names, is found: never its value."),
    uptime_ms: z.int(),
    running: z.int().describe("Operations that run now."),
    storage_full: z.boolean().describe("Nothing is begun or accepted."),
    paused: z.boolean().describe("The whole queue is."),
  }),
);

const count = z.int().min(0);

export const queue = name(
  "Queue",
  z.object({
    queued: count,
    running: count,
    success: count,
    failed: count,
    cancelled: count,
    interrupted: count,
    waiting: count.describe(
      "Of the queued ones: those that wait for a lock, a place in their group, a time, an unpause.",
    ),
    max_concurrent: count,
    workers: count,
    oldest_queued_ms: z.union([count, z.null()]),
    paused: z.array(
      z.object({
        template: textOrNull.describe("Null: the whole queue."),
        by: z.string(),
        since: instant,
        reason: textOrNull,
      }),
    ),
  }),
);
export const paused = name("Paused", z.object({ paused: z.literal(true) }));
export const unpaused = name("Unpaused", z.object({ was_paused: z.boolean() }));
