import { describe, expect, test } from "bun:test";
import { faultsOf, oneStep, read, withHead } from "./reading.ts";

const delay = "steps: [{type: delay, name: a, seconds: 1}]\n";

describe("the top level", () => {
  test("needs `operation` with its three keys, and steps", () => {
    expect(faultsOf("x-a: 1\n")).toEqual([
      "1:1 error missing-key: `operation` is missing (It holds `name`, `type` and `description`.)",
      "1:1 error missing-key: `steps` is missing or empty",
    ]);
    expect(faultsOf(`operation: {type: depoly}\n${delay}`)).toEqual([
      "1:12 error missing-key: `name` is missing",
      "1:12 error missing-key: `description` is missing",
      '1:19 error wrong-value: `type`: must be one of deploy, maintain, recovery, not "depoly". Did you mean deploy?',
    ]);
    expect(faultsOf(withHead("steps: []\n"))).toEqual(["2:8 error missing-key: `steps` is missing or empty"]);
  });

  test("is a mapping", () => {
    expect(faultsOf("- a\n")).toEqual(["1:1 error wrong-type: a template is a mapping that begins with `operation:`"]);
  });

  test("tells unknown keys at every level, and leaves the author's own alone", () => {
    const text = `operation: {name: t, type: maintain, description: d, x-own: 1, platfrom: a}
paramters: {}
rollback: {enabled: true, on_failur: []}
notifications: {on_sucess: []}
results: {report_format: a, saveto: b}
recovery_stats: {x-own: 1, escalation: 3}
prerequisites: [{check: a, command: b, expect: c, x-own: 1}]
x-own: {anything: [1]}
${delay}`;
    expect(faultsOf(text)).toEqual([
      "1:64 error unknown-key: unknown key `platfrom`. Did you mean platform?",
      "2:1 error unknown-key: unknown key `paramters`. Did you mean parameters?",
      "3:27 error unknown-key: unknown key `on_failur`. Did you mean on_failure?",
      "4:17 error unknown-key: unknown key `on_sucess`. Did you mean on_success?",
      "5:29 error unknown-key: unknown key `saveto`. Did you mean save_to?",
      "6:28 error unknown-key: unknown key `escalation`.",
      "7:40 error unknown-key: unknown key `expect`. Did you mean expected?",
    ]);
  });

  test("a section that was emptied counts as not written", () => {
    expect(faultsOf(withHead(`parameters:\nprerequisites:\nrollback:\nnotifications:\ntriggers:\n${delay}`))).toEqual(
      [],
    );
  });

  test("an on_failure that can never run is warned of", () => {
    const text = withHead(`${delay}rollback:\n  enabled: false\n  on_failure: [{type: delay, name: b, seconds: 1}]\n`);
    expect(faultsOf(text)).toEqual(["5:3 warning never-runs: these steps never run: `enabled` is false"]);
  });
});

describe("the keys of a step", () => {
  test("a misspelled one is told with the nearest", () => {
    expect(faultsOf(oneStep("- {type: delay, name: a, seconds: 1, continue_on_failur: true}"))).toEqual([
      "3:40 error unknown-key: unknown key `continue_on_failur`. Did you mean continue_on_failure?",
    ]);
    expect(faultsOf(oneStep("- {type: lock, name: a, resource: r, metadata: {reson: x, x-own: 1}}"))).toEqual([
      "3:51 error unknown-key: unknown key `reson`. Did you mean reason?",
    ]);
  });

  test("the author's own keys never reach the step", () => {
    const { template } = read(oneStep("- {type: lock, name: a, resource: r, x-b: 1, metadata: {reason: x, x-own: 1}}"));
    expect(template.steps[0]?.config).toEqual({ resource: "r", metadata: { reason: "x" } });
  });

  test("an open mapping may hold keys that begin with x-", () => {
    const { template } = read(oneStep("- {type: command, name: a, command: b, env: {x-a: c}}"));
    expect(template.steps[0]?.config).toEqual({ command: "b", env: { "x-a": "c" } });
  });

  test("an unknown type is told with the nearest, or with all there are", () => {
    expect(faultsOf(oneStep("- {type: comand, name: a}"))).toEqual([
      "3:12 error unknown-step-type: unknown step type `comand`. Did you mean command?",
    ]);
    expect(faultsOf(oneStep("- {type: teleport, name: a}"))[0]).toStartWith(
      "3:12 error unknown-step-type: unknown step type `teleport`. (There are: command, health_check, lock",
    );
  });

  test("type, name and output can't hold a placeholder; anything else can", () => {
    const own = "- {type: '${t}', name: '${n}', output: '${o}'}";
    expect(faultsOf(oneStep(own))).toEqual([
      "3:12 error wrong-type: `type` must be the plain name of a step type",
      "3:26 error wrong-type: `name` must be plain text without ${…}",
      "3:42 error wrong-type: `output` must be a plain name without ${…}",
    ]);
    expect(
      faultsOf(oneStep("- {type: foreach, name: a, items: [b], as: '${c}', steps: [{type: delay, seconds: 1}]}")),
    ).toEqual(["3:46 error wrong-type: `as` must be a plain name without ${…}"]);
    const body = `parameters: {n: 1, m: http, b: true, s: [200]}
steps:
  - type: health_check
    name: a
    method: \${m}
    port: \${n}
    expected_status: \${s}
    timeout: \${n}
    retries: \${n}
    optional: \${b}
    retry_backoff: \${n}
`;
    expect(faultsOf(withHead(body))).toEqual([]);
  });

  test("all faults of a step are told at once, those between keys too", () => {
    const step = `- type: health_check
  name: a
  method: tcp
  expected_status: soon
  timeout: a while
  retries: -1
  optional: yes`;
    expect(faultsOf(oneStep(step))).toEqual([
      "3:5 error wrong-value: tcp needs a port",
      '6:22 error wrong-type: `expected_status`: must be a number or a list, not "soon"',
      "7:14 error wrong-value: `timeout`: expected a duration (30, 30s, 5m)",
      "8:14 error wrong-value: `retries`: expected a whole number",
      "9:15 error wrong-value: `optional`: expected true or false",
    ]);
  });

  test("what a placeholder decides is not held against the step", () => {
    expect(
      faultsOf(withHead("parameters: {m: tcp}\nsteps: [{type: health_check, name: a, method: '${m}'}]\n")),
    ).toEqual([]);
    expect(
      faultsOf(withHead("parameters: {p: 1}\nsteps: [{type: health_check, name: a, method: tcp, port: '${p}'}]\n")),
    ).toEqual([]);
    expect(
      faultsOf(
        withHead("parameters: {s: 1}\nsteps: [{type: health_check, name: a, method: tcp, expected_status: '${s}'}]\n"),
      ),
    ).toEqual(["3:9 error wrong-value: tcp needs a port"]);
  });

  test("an escaped placeholder is text like any other", () => {
    expect(faultsOf(oneStep("- {type: delay, name: a, seconds: '$${x}'}"))).toEqual([
      '3:37 error wrong-type: `seconds`: must be a number, not "$${x}"',
    ]);
  });

  test("what the type itself objects to is told", () => {
    expect(faultsOf(oneStep("- {type: command, name: a}"))).toEqual([
      "3:5 error wrong-step: `command` or `commands`, one of them",
    ]);
  });
});
