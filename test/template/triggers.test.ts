import { describe, expect, test } from "bun:test";
import { faultsOf, read, withHead } from "./reading.ts";

const withTriggers = (triggers: string, parameters = 'service: "", note: x') =>
  withHead(`parameters: {${parameters}}
steps: [{type: command, name: a, command: 'echo \${service} \${note}'}]
triggers:
${triggers.replace(/^/gm, "  ")}
`);

describe("triggers", () => {
  test("are read in each of their forms", () => {
    const { template } = read(
      withTriggers(
        `- health_check_failed:
    service: "\${service}"
    consecutive_failures: 3
    when: type == 'mcp_server'
- type: health_check_failed
  service: web
- deploy_failed: {platform: fly.io}
  when: "true"
- manual: by hand
- schedule: "0 3 * * *"
- type: schedule
  cron: 0 4 * * *
  timezone: Europe/Rome
  jitter: 5m
- manual`,
        "service: w, note: x",
      ),
    );
    expect(template.triggers.map(({ kind, fields, when }) => ({ kind, fields, when }))).toEqual([
      {
        kind: "health_check_failed",
        fields: { service: "${service}", consecutive_failures: 3 },
        when: "type == 'mcp_server'",
      },
      { kind: "health_check_failed", fields: { service: "web" }, when: undefined },
      { kind: "deploy_failed", fields: { platform: "fly.io" }, when: "true" },
      { kind: "manual", fields: { description: "by hand" }, when: undefined },
      { kind: "schedule", fields: { cron: "0 3 * * *" }, when: undefined },
      { kind: "schedule", fields: { cron: "0 4 * * *", timezone: "Europe/Rome", jitter: "5m" }, when: undefined },
      { kind: "manual", fields: {}, when: undefined },
    ]);
  });

  test("have known kinds and fields", () => {
    const triggers = "- helth_check_failed: {service: a}\n- recovered: {services: a, x-own: 1}\n- recovered: web\n- 3";
    expect(faultsOf(withTriggers(triggers)).filter((fault) => fault.includes("error"))).toEqual([
      "5:5 error unknown-trigger: unknown trigger `helth_check_failed`. Did you mean health_check_failed? (There are: health_check_failed, ssh_connection_failed, deploy_failed, recovered, operation_finished, schedule, webhook, manual.)",
      "6:17 error unknown-key: unknown key `services`. Did you mean service?",
      "7:16 error wrong-type: `recovered` must be a mapping of its fields",
      "8:5 error wrong-type: a trigger is a mapping: `- health_check_failed:` with its fields below",
    ]);
  });

  test("fields written beside the kind are told", () => {
    const faults = faultsOf(withTriggers("- recovered:\n  service: web", "service: w, note: x"));
    expect(faults.filter((fault) => fault.includes("error"))).toEqual([
      "6:5 error unknown-key: `service` can't stand beside `recovered` (Its fields are written below its kind, two columns further in.)",
    ]);
  });

  test("a field is a plain value or one parameter", () => {
    expect(faultsOf(withTriggers('- recovered: {service: "pre-${service}"}'))).toEqual([
      "5:26 error trigger-field: `service` is neither a plain value nor one parameter (A field is a plain value, or exactly ${parameter}; use `when` for more.)",
    ]);
    expect(
      faultsOf(withTriggers('- recovered: {service: "${servce}"}')).filter((fault) => fault.includes("error")),
    ).toEqual(["5:26 error unknown-name: there is no parameter `servce`. Did you mean service?"]);
  });

  test("one that leaves a needed parameter unset is an error", () => {
    const hint = "(Give the parameter a default, or set it from a field: `service: ${name}`.)";
    expect(faultsOf(withTriggers("- ssh_connection_failed: {host: a}"))).toEqual([
      `5:5 error trigger-needs: \`ssh_connection_failed\` leaves \`service\` unset ${hint}`,
    ]);
    expect(faultsOf(withTriggers('- ssh_connection_failed: {host: "${service}"}'))).toEqual([]);
    expect(faultsOf(withTriggers('- schedule: "0 3 * * *"'))).toEqual([
      `5:5 error trigger-needs: \`schedule\` leaves \`service\` unset ${hint}`,
    ]);
    expect(faultsOf(withTriggers("- schedule: {cron: 0 3 * * *, parameters: {service: web}}"))).toEqual([]);
    expect(faultsOf(withTriggers("- manual"))).toEqual([]);
  });

  test("one that matches every service is a warning", () => {
    const all = (kind: string, column: number) =>
      `5:${column} warning trigger-matches-all: this ${kind} matches every service (Name a service, or filter with \`when:\`, such as \`when: type == 'mcp_server'\`.)`;
    expect(faultsOf(withTriggers('- health_check_failed: {service: "${service}", consecutive_failures: 3}'))).toEqual([
      all("health_check_failed", 27),
    ]);
    expect(faultsOf(withTriggers("- recovered"))).toEqual([all("recovered", 5)]);
    expect(faultsOf(withTriggers("- recovered: {service: web}"))).toEqual([]);
    expect(faultsOf(withTriggers("- deploy_failed: {platform: fly.io}"))).toEqual([]);
    expect(faultsOf(withTriggers("- recovered: {when: critical}"))).toEqual([]);
  });

  test("`when` sees the event's fields and the registry's", () => {
    expect(
      faultsOf(withTriggers(`- deploy_failed: {when: "error_type == 'x' AND critical AND rollback != 'done'"}`)),
    ).toEqual([]);
    expect(faultsOf(withTriggers("- recovered: {when: consecutive_failures > 3}"))).toEqual([
      "5:23 error unknown-name: nothing sets `consecutive_failures`.",
    ]);
  });
});
