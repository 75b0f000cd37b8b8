/** The words of `infra/hosts.yml` and `infra/services.yml`; their descriptions become the editor's help. */
import { z } from "zod";

const text = z.union([z.string(), z.number()], { error: "expected text" }).transform(String);
const texts = z.array(text, { error: "expected a list of texts" });
const flag = z.boolean({ error: "expected true or false" });
const duration = z
  .union([z.number(), z.string()], { error: "expected seconds, or a duration such as 30s or 5m" })
  .refine((value) => /^\d+(?:\.\d+)?(?:ms|s|m|h|d)?$/.test(String(value)), {
    error: "expected seconds, or a duration such as 30s or 5m",
  });
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const error =
    most === Number.MAX_SAFE_INTEGER
      ? `expected a whole number of at least ${least}`
      : `expected a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const port = whole(1, 65_535);
const status = z.union([whole(100, 599), z.array(whole(100, 599))], {
  error: "expected an HTTP status, or a list of them",
});

const route = {
  host: text.optional().describe("Name or address."),
  user: text.optional(),
  port: port.optional(),
};

const primary = z.strictObject({
  ...route,
  host: text.describe("Name or address."),
  key_name: text.optional().describe("Which key of ssh_config.key_paths."),
  test_command: text.optional().describe("Tells whether the host answers."),
  timeout: duration.optional().describe("For connecting."),
});

// A method that this version does not know is skipped with a word, so its keys are its own.
const fallback = z.looseObject({
  ...route,
  method: text.describe("ssh (another address), jump, command, mcp or script."),
  description: text.optional(),
  key_name: text.optional().describe("Which key of ssh_config.key_paths."),
  timeout: duration.optional().describe("For connecting."),
  command: text.optional().describe("Its standard input and output carry SSH: `nc %h %p`."),
  jump: text.optional().describe("A host of the inventory or an address; several with commas, the first one first."),
  mcp: text.optional().describe("A server of mcp_servers in garza.yml."),
  tool: text.optional().describe("Its tool that runs a command line (ssh_exec)."),
  params: z.record(z.string(), z.unknown()).optional().describe("What the tool gets besides `command`."),
  script: text.optional().describe("A program in the repository that runs $GARZA_COMMAND there."),
});

const host = z.strictObject({
  description: text.optional(),
  local: flag.optional().describe("True: this machine."),
  primary: primary.optional().describe("How it is reached first."),
  fallbacks: z.array(fallback).optional().describe("How it is reached when that fails, in this order."),
  services: texts.optional(),
  health_check: z
    .strictObject({
      command: text.optional(),
      expected: text.optional(),
      expected_min: z.number().optional(),
      interval_seconds: whole(1).optional(),
    })
    .optional(),
  max_concurrent: whole(1).optional().describe("Steps at once on this host."),
  garza: z
    .strictObject({
      program: text.optional().describe("The program there, where it is not on the PATH of an SSH login."),
      root: text.optional().describe("The repository there, for `garza --on HOST`."),
      home: text.optional().describe("Its data folder there (GARZA_HOME), where it is not the usual one."),
    })
    .optional()
    .describe("GARZA on that host."),
});

export const hostsSchema = z.strictObject({
  hosts: z.record(z.string(), host, { error: "expected a mapping from name to host" }).optional(),
  ssh_config: z
    .strictObject({
      default_timeout: duration.optional(),
      retry_attempts: whole(0).optional(),
      retry_delay_seconds: z.number().min(0).optional(),
      strict_host_key_checking: z
        .union([flag, z.enum(["yes", "no", "ask", "accept-new", "accept_new"])])
        .optional()
        .describe(
          "true: only known keys; accept_new: also that of a host never seen. A changed key is always refused.",
        ),
      key_paths: z
        .union([texts, z.record(z.string(), text)])
        .optional()
        .describe("Key files, or name to key file."),
    })
    .optional(),
  connection_rules: z
    .strictObject({
      prefer_direct: flag.optional(),
      auto_fallback: flag.optional(),
      log_all_attempts: flag.optional(),
      notify_on_fallback: flag.optional(),
      notify_on_all_methods_failed: flag.optional(),
    })
    .optional(),
});

const service = z.strictObject({
  type: text.optional(),
  platform: text.optional().describe("Where it runs: fly.io, local, …"),
  host: text.optional().describe("A name in infra/hosts.yml."),
  purpose: text.optional(),
  health_check: z
    .strictObject({
      method: z.enum(["http", "tcp", "ssh_command", "command"], {
        error: "expected http, tcp, ssh_command or command",
      }),
      url: text.optional(),
      host: text.optional(),
      port: port.optional(),
      command: text.optional(),
      expected_status: status.optional(),
      expected_body_contains: text.optional(),
      expected_output: text.optional(),
      timeout: duration.optional(),
      interval: duration.optional(),
    })
    .optional(),
  dependencies: texts.optional().describe("Names of other services."),
  critical: flag.optional().describe("Its failures are told with high priority."),
  notes: z.union([text, texts]).optional(),
});

export const servicesSchema = z.strictObject({
  services: z.record(z.string(), service, { error: "expected a mapping from name to service" }).optional(),
  service_groups: z
    .record(z.string(), z.union([texts, z.strictObject({ services: texts, description: text.optional() })]), {
      error: "expected a mapping from group to a list of services",
    })
    .optional(),
  health_check_config: z
    .strictObject({
      critical_services_interval: duration.optional(),
      non_critical_interval: duration.optional(),
      retry_attempts: whole(0).optional(),
      retry_delay: duration.optional(),
      alert_on_failure_count: whole(1).optional(),
    })
    .optional(),
});

/** JSON Schema of `infra/hosts.yml`, for editors. */
export const hostsJsonSchema = () => editorSchema(hostsSchema, "GARZA's inventory of hosts");
/** JSON Schema of `infra/services.yml`, for editors. */
export const servicesJsonSchema = () => editorSchema(servicesSchema, "GARZA's registry of services");

function editorSchema(schema: z.ZodType, title: string): Record<string, unknown> {
  const override = ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
    // The author's own keys are allowed wherever unknown ones are not.
    if (jsonSchema.additionalProperties === false) jsonSchema.patternProperties = { "^x-": {} };
  };
  return {
    title,
    ...(z.toJSONSchema(schema, { io: "input", unrepresentable: "any", override }) as Record<string, unknown>),
  };
}
