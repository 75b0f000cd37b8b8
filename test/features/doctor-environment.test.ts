import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { sandbox } from "../support/sandbox.ts";

const calls =
  "operation: { name: calls, type: maintain, description: Calls }\nsteps: [{ type: command, name: call, command: wondrous }]\n";

test("programs and secrets are looked up as the agent's service does", async () => {
  await using box = await sandbox({ files: { "operations/calls.yml": calls }, programs: { wondrous: "" } });
  const findings = async () => {
    const { stdout } = await box.garza("doctor", "--json");
    return (JSON.parse(stdout) as { level: string; check: string; message: string }[]).map(
      ({ level, check, message }) => `${level} ${check}: ${message}`,
    );
  };
  expect((await findings()).filter((each) => each.includes("environment"))).toEqual([
    "ok environment: that of whoever starts it; a service gets its own: garza agent install",
  ]);
  expect(await findings()).toContainEqual(expect.stringMatching(/^ok programs: 1 that templates call are here$/));

  await box.garza("run", "demo/hello");
  const file = join(box.data, "agent.env");
  await box.write(
    "../data/agent.env",
    'PATH="/usr/bin:/bin"\nexport LANG=C\nSSH_AUTH_SOCK=/nonexistent\nLANG=xx_XX.UTF-8\n',
  );
  await chmod(file, 0o622);
  const found = await findings();
  for (const expected of [
    `ok environment: as the agent's service has it: ${file}`,
    `warn environment: ${file}:2 is left out: "export LANG" can't be a variable's name`,
    `warn environment: others can write to ${file}`,
    "warn ssh keys: SSH_AUTH_SOCK is /nonexistent, where no ssh-agent is",
    "warn locale: xx_XX.UTF-8 is not installed here",
    "warn programs: wondrous is not on PATH; calls calls it",
  ])
    expect(found).toContain(expected);

  await box.write("../data/agent.env", "LANG=C\n");
  await chmod(file, 0o600);
  expect(await findings()).toContain("warn locale: C: steps may print signs beyond ASCII as question marks");
  expect(await findings()).toContain(`warn environment: ${file} sets no PATH`);
});
