import { expect, test } from "bun:test";
import { join } from "node:path";
import { sandbox } from "../../support/sandbox.ts";

test("no secret leaves the agent by its socket, its log or its queue's commands, and none stays when it has ended", async () => {
  const canary = "canary-7f3a9b-value";
  await using box = await sandbox({
    files: {
      "operations/secretive.yml": `operation: { name: x, type: maintain, description: A test }
parameters:
  password: { type: secret, required: true }
steps:
  - { type: command, name: print, command: "echo \${password}; echo \${secret.TOKEN}", output: printed }
  - { type: set, name: keep, values: { kept: "\${printed}" } }
`,
    },
    env: { TOKEN: `${canary}-from-env` },
  });
  const agent = box.start("agent");
  await agent.says("ready");
  const added = await box.garza("queue", "add", "secretive", `password=${canary}`);
  const id = added.stdout.trim();
  await agent.says(`${id} ended: success`);
  const socket = join(box.data, "agent.sock");
  const ask = async (path: string) =>
    (await box.run("curl", "-s", "--unix-socket", socket, `http://garza/v1${path}`)).stdout;
  const seen = [
    await ask(`/operations/${id}`),
    await ask("/operations"),
    await ask(`/operations/${id}/events`),
    (await box.garza("queue", "show", id, "--json")).stdout,
    (await box.garza("queue", "list", "--json")).stdout,
    (await box.garza("logs", id)).stdout,
    agent.stderr(),
  ];
  for (const text of seen) {
    expect(text.length).toBeGreaterThan(20);
    expect(text).not.toContain(canary);
  }
  agent.signal("SIGTERM");
  await agent.ended;
  const found = await box.run("grep", "-rlF", canary, box.data, "--include=*", "--exclude=garza.db*");
  expect(found.stdout).toBe("");
});

test("what a step gave as a secret is masked on the terminal of who follows, whoever runs it", async () => {
  await using box = await sandbox({
    files: {
      token: "correct-horse-battery-staple\n",
      "operations/tells.yml": `operation: { name: tells, type: maintain, description: A test }
steps:
  - { type: command, name: fetch, command: "cat token", output: token, sensitive: true }
  - { type: command, name: tell, command: "echo it is $(cat token)" }
`,
    },
  });
  const alone = await box.garza("run", "tells");
  const agent = box.start("agent");
  await agent.says("ready");
  for (const { stdout, stderr, exitCode } of [alone, await box.garza("run", "tells")]) {
    expect(exitCode).toBe(0);
    expect(stderr).toContain("│ it is ***");
    expect(stdout + stderr).not.toContain("horse");
  }
});
