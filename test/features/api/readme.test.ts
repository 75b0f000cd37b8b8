/** The README's examples of the control API are run against a real agent. */
import { expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { sandbox } from "../../support/sandbox.ts";
import { repository, textOf } from "../../support/sources.ts";

/** The code of one language in the section. */
async function example(language: string): Promise<string> {
  const [, section = ""] = (await textOf("README.md")).split("## The control API\n");
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(section)?.[1] ?? "";
}

test("curl and jq submit, follow, read and cancel", async () => {
  await using box = await sandbox({ files: { "example.sh": await example("sh") } });
  box.env.GARZA_SOCKET = join(box.data, "agent.sock");
  const agent = box.start("agent");
  await agent.says("ready");
  const { stdout, stderr, exitCode } = await box.run("sh", "-eu", "example.sh");
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(stdout).toContain("post /v1/operations/{id}/cancel: Cancel: recorded first");
  expect(stdout).toContain("step-started\n");
  expect(stdout).toMatch(/Hello, Ada/);
  expect(stdout).toContain("operation-ended\nend\nsuccess\n");
  expect(stdout.trimEnd()).toEndWith('"}');
  await agent.says("ended: cancelled");
});

test("the TypeScript client submits, follows and reads", async () => {
  await using box = await sandbox({ files: { "example.ts": await example("ts") } });
  await mkdir(join(box.root, "node_modules"));
  await symlink(repository, join(box.root, "node_modules/garza"));
  const agent = box.start("agent");
  await agent.says("ready");
  const { stdout, stderr, exitCode } = await box.run(process.execPath, "example.ts");
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(stdout).toMatch(/Hello, Ada/);
  for (const line of ["take turns success", "greet success", "give the turn back success"])
    expect(stdout.split("\n")).toContain(line);
  expect(stdout).toEndWith("success 2\n");
});
