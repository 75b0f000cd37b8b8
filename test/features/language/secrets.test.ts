/** Secrets: used, and never to be seen. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { sandbox } from "../../support/sandbox.ts";

const template = `
operation: {name: t, type: maintain, description: d}
parameters: {key: {type: secret}}
prerequisites: [{check: 'with \${key}', command: 'test -n \${key}'}]
steps:
  - {name: take, type: lock, resource: r, metadata: {operator: 'me \${key}', reason: '\${secret.TOKEN}'}}
  - {name: use, type: command, command: 'printf %s \${key} > used; echo \${key} \${secret.TOKEN}', output: both}
  - {name: keep, type: state_update, file: d.json, updates: {.plain: 1, .key: '\${key}', .both: 'x \${both}'}}
  - {name: entry, type: operation_log, entry: {key: '\${key}', token: '\${secret.TOKEN}'}}
  - {name: tell, type: notification, message: '\${key} \${both}', title: '\${secret.TOKEN}'}
  - {name: child, type: load_operation, template: child, parameters: {key: '\${key}'}}
  - {name: fail, type: command, command: 'cat infra/state/locks/* >&2; echo \${key} >&2; exit 1'}
results: {report_format: '\${key} \${error_message}', save_to: report.md}
`;
const child = `
operation: {name: child, type: maintain, description: d}
parameters: {key: {type: secret}}
steps: [{name: say, type: command, command: 'echo \${key}; echo \${key} >&2'}]
`;

test("a secret is in what a step gets, and in nothing that leaves the program", async () => {
  await using box = await sandbox({
    files: { "operations/t.yml": template, "operations/child.yml": child },
    env: { TOKEN: "token-hunter2" },
  });
  const key = "key=param-hunter2";
  const seen: string[] = [];
  const see = async (...args: string[]) => {
    const { stdout, stderr } = await box.garza(...args);
    seen.push(stdout, stderr);
    return stdout;
  };
  await see("run", "t", key, "--dry-run", "--check");
  await see("run", "t", key, "--dry-run", "--json");
  await see("run", "t", key, "--json");
  await see("run", "t", key);
  const operations: { id: string }[] = JSON.parse(await see("history", "--json"));
  for (const { id } of operations) {
    for (const args of [
      ["status", id],
      ["status", id, "--json"],
      ["logs", id],
    ])
      await see(...args);
  }
  for (const file of ["infra/state/d.json", "infra/state/operations.json", "report.md"])
    seen.push(await box.read(file));
  seen.push((await box.run("cat", join(box.data, "notifications.log"))).stdout);

  expect(await box.read("used")).toBe("param-hunter2");
  expect(await box.json("infra/state/d.json")).toEqual({ plain: 1, key: "***", both: "x *** ***" });
  expect(seen.filter((text) => text.includes("hunter2"))).toEqual([]);
  expect((await box.run("ls", join(box.data, "secrets"))).stdout).toBe("");
});
