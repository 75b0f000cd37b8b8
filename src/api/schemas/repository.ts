/** What the repository and this machine have, as it is answered. */
import { z } from "zod";
import type { Value } from "../../core/value.ts";
import { fault } from "./fault.ts";
import { instant, name, textOrNull } from "./named.ts";

const value = z.custom<Value>(() => true);

export const templates = name(
  "Templates",
  z.object({
    templates: z.array(
      z.object({
        name: z.string(),
        file: z.string(),
        built_in: z.boolean(),
        valid: z.boolean(),
        type: textOrNull,
        summary: textOrNull.describe("Null for one that is not valid."),
      }),
    ),
  }),
);

const outline = z.array(z.object({ id: z.string(), name: z.string(), type: z.string() }));

const parameter = z.object({
  name: z.string(),
  type: z.enum(["string", "number", "boolean", "list", "secret"]),
  required: z.boolean(),
  description: z.string().optional(),
  default: value.optional(),
  enum: z.array(value).optional().describe("The values it can have."),
  pattern: z.string().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  example: value.optional(),
  allow_dash: z.boolean(),
});

export const template = name(
  "Template",
  z.object({
    name: z.string(),
    file: z.string(),
    operation: z.record(z.string(), value).describe("The template's head, as written."),
    parameters: z.array(parameter),
    prerequisites: z.array(z.string()),
    steps: outline,
    rollback: outline,
    warnings: z.array(fault),
  }),
);

export const validation = name(
  "Validation",
  z.object({ valid: z.boolean(), faults: z.array(fault).describe("Warnings too; these alone leave it valid.") }),
);

export const synced = name(
  "Synced",
  z.object({
    synced: z.union([
      z.object({
        files: z.array(z.string()).describe("State files that were pushed."),
        tree: z.union([z.string(), z.null()]).describe("Why the work tree is not as the remote; null: it is."),
      }),
      z.null(),
    ]),
  }),
);

const holder = z.object({
  resource: z.string(),
  token: z.int().describe("Fencing token: grows at every acquire, never falls."),
  operation: z.string(),
  operator: z.string(),
  host: z.string(),
  label: z.string().optional(),
  reason: z.string().optional(),
  since: instant,
  ttl_seconds: z.number().optional(),
  scope: z
    .enum(["shared", "local", "away", "file"])
    .describe(
      "`shared`: it holds against all machines; `local`: on this one alone; `away`: another machine has it; `file`: another tool has it, by a file of the shared branch.",
    ),
  file: z.string().optional().describe("Another tool's file."),
  step: z.string().optional(),
  renewed: instant.optional().describe("When another machine's holder was last heard of."),
  expires: instant.optional().describe("When it runs out unless it is renewed; absent: never."),
});
export const locks = name("Locks", z.object({ locks: z.array(holder) }));
export const lock = name(
  "Lock",
  z.object({ resource: z.string(), holder: z.union([holder, z.null()]).describe("Null: it is free.") }),
);

export const lockTaken = name("LockTaken", z.object({ holder }));
export const lockGiven = name(
  "LockGiven",
  z.object({
    was_held: z.boolean(),
    owed: textOrNull.describe("Why other machines do not know yet; they are told as soon as they can be."),
  }),
);

export const state = name(
  "State",
  z.object({
    file: z.string(),
    path: z.string(),
    places: z
      .array(z.object({ path: z.string(), value }))
      .describe("Every place that the path names and that is there."),
  }),
);

export const hosts = name(
  "Hosts",
  z.object({
    hosts: z.array(
      z.object({
        name: z.string(),
        description: z.string().optional(),
        local: z.boolean().describe("It is this machine."),
        primary: z
          .object({
            host: z.string(),
            user: z.string().optional(),
            port: z.int().optional(),
            key_name: z.string().optional(),
            test_command: z.string().optional(),
            timeout: z.number().optional(),
          })
          .optional(),
        fallbacks: z
          .array(z.looseObject({ method: z.string() }))
          .optional()
          .describe("Further routes, as they are written."),
        max_concurrent: z.int().optional(),
        garza: z
          .object({ program: z.string().optional(), root: z.string().optional(), home: z.string().optional() })
          .optional(),
      }),
    ),
  }),
);

export const services = name(
  "Services",
  z.object({
    services: z.array(z.looseObject({ name: z.string() })).describe("Entries as they are written, with their names."),
    groups: z.array(z.object({ name: z.string(), services: z.array(z.string()) })),
  }),
);
