/** The probe rule, and what a step leaves behind that did not succeed. */
import { expect, test } from "bun:test";
import { type SandboxOptions, sandbox } from "../../support/sandbox.ts";

const head = "operation: {name: t, type: maintain, description: d}\n";

/** Runs the steps, and then tells the names' values. */
async function outputs(steps: string, names: string[], options: SandboxOptions = {}) {
  const tell = `  - {name: tell, type: notification, message: '${names.map((name) => `\${${name}}`).join(" ")}'}\n`;
  await using box = await sandbox({ ...options, files: { "operations/t.yml": head + steps + tell, ...options.files } });
  const ended = await box.garza("run", "t");
  expect(ended).toMatchObject({ exitCode: 0 });
  return (await box.told()).at(-1)?.replace("normal: ", "").split(" ");
}

test("each way of not succeeding is the word failed, for every step that can answer", async () => {
  const child =
    "operation: {name: child, type: maintain, description: d}\nsteps: [{name: x, type: command, command: exit 1}]\nnotifications: {on_failure: [{message: child}]}";
  const files = {
    "operations/child.yml": child,
    "bad.sh": "exit 4",
    "infra/hosts.yml": "hosts: {far: {primary: {host: 10.0.0.9}}}",
  };
  const steps = `
steps:
  - {name: s1, type: command, command: exit 3, expected_exit: 0, output: exit}
  - {name: s2, type: command, command: echo x, expected_output: y, output: other}
  - {name: s3, type: command, command: sleep 60, expected_exit: 0, timeout: 0.1, kill_grace: 0.1, retries: 1, retry_delay: 1ms, output: late}
  - {name: s4, type: ssh_command, host: far, command: 'true', expected_exit: 0, output: far}
  - {name: s5, type: health_check, url: "http://127.0.0.1:9/", output: refused}
  - {name: s6, type: script, script: bad.sh, output: script}
  - {name: s7, type: load_operation, template: child, output: child}
  - {name: s8, type: state_check, file: x.json, path: .a, expected: 1, output: state}
  - {name: s9, type: http_request, url: "http://127.0.0.1:9/", expected_status: 200, output: http}
  - {name: s10, type: wait_for, url: "http://127.0.0.1:9/", expected_status: 200, timeout: 0.1, interval: 0.05, output: waited}
`;
  const names = ["exit", "other", "late", "far", "refused", "script", "child", "state", "http", "waited"];
  expect(await outputs(steps, names, { files })).toEqual(names.map(() => "failed"));
});

test("a step that is refused before it does anything stores its output too", async () => {
  const steps = `
parameters: {flag: true}
steps:
  - {name: a, type: command, command: 'echo \${unset}', optional: '\${flag}', output: first}
  - {name: b, type: command, command: 'echo \${unset}', continue_on_failure: '\${flag}', output: second}
  - {name: c, type: conditional, condition: 'false', steps: [{type: set, values: {unset: 1}}]}
`;
  const names = ["first", "steps.a.status", "second", "steps.b.status"];
  expect(await outputs(steps, names)).toEqual(["skipped", "skipped", "failed", "failed"]);
});

test("a service that is not registered is not healthy", async () => {
  const steps = `
steps:
  - name: each
    type: foreach
    items: [web, nosuch]
    as: service
    steps: [{type: health_check, service: '\${service}', from_registry: true, output: said}]
  - {name: report, type: aggregate_results}
  - {name: pick, type: filter, condition: health_status != 'ok', output: ill}
`;
  const services = "services: {web: {type: x, health_check: {method: command, command: 'true'}}}";
  const names = ["healthy_count", "unhealthy_count", "ill"];
  expect(await outputs(steps, names, { files: { "infra/services.yml": services } })).toEqual(["1", "1", "nosuch"]);
});

test("a loop inside an item's steps reads the last loop around it", async () => {
  const steps = `
steps:
  - {name: first, type: foreach, items: [a, b], as: one, steps: [{type: set, values: {x: '\${one}'}}]}
  - {name: second, type: foreach, items: [c], as: two, steps: [{type: filter, condition: "x == 'b'", output: picked}, {type: notification, message: 'picked \${picked}'}]}
`;
  expect(await outputs(steps, ["steps.second.value[0].values.picked"])).toEqual(["b"]);
});

test("a limit of more than 24 days is no limit of nothing", async () => {
  const steps = "steps: [{name: a, type: command, timeout: 60d, command: 'echo slow', output: said}]\n".replace(
    "[{",
    "\n  - {",
  );
  expect(await outputs(steps.replace("}]", "}"), ["said"])).toEqual(["slow"]);
});
