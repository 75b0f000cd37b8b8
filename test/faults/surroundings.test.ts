/** What is around the agent goes away or breaks: its environment, its root, the files that it reads. */
import { expect, test } from "bun:test";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { until } from "../support/temporary.ts";
import { can, faultyBox, lines, startAgent, stop, submit } from "./rig.ts";

test.each([["HOME"], ["PATH"], ["USER"]])("without %s it runs", async (name) => {
  await using box = await faultyBox();
  const agent = await startAgent(box, "/usr/bin/env", "-u", name);
  await submit(box, "t/quick");
  await agent.says("ended: success");
  expect((await stop(agent)).exitCode).toBe(0);
});

test("without HOME or GARZA_HOME there is no place for its data: 78, and what to set", async () => {
  await using box = await faultyBox();
  delete box.env.HOME;
  delete box.env.GARZA_HOME;
  const { exitCode, stderr } = await box.garza("agent");
  expect({ exitCode, stderr }).toEqual({
    exitCode: 78,
    stderr:
      "garza: HOME: is not set, so there is no place for the data folder\n  Set HOME, or name the data folder with GARZA_HOME\n",
  });
});

test("a template that is gone runs as it was accepted, and garza.yml that breaks stops nothing that runs", async () => {
  await using box = await faultyBox();
  const agent = await startAgent(box);
  const at = Date.now() + 500;
  await submit(box, { template: "t/quick", not_before: at });
  rmSync(join(box.root, "operations/t/quick.yml"));
  await box.write("garza.yml", "queue: [\n");
  await agent.says("ended: success");
  expect(await lines(box, "said")).toEqual(["x"]);
  expect(await submit(box, "t/quick")).toMatchObject({ status: 404, body: { kind: "template-unknown" } });
  expect((await stop(agent)).exitCode).toBe(0);
  const next = await box.garza("agent");
  expect(next.exitCode).toBe(78);
  expect(next.stderr).toContain("garza.yml:2:1: error:");
});

test("a root that is moved away fails the step that needs it, with its name, and the agent serves on", async () => {
  await using box = await faultyBox();
  const agent = await startAgent(box);
  await submit(box, "t/slow");
  await until(() => existsSync(join(box.root, "effects")));
  const away = `${box.root}-away`;
  renameSync(box.root, away);
  // Its step stands in the folder, wherever that is.
  await Bun.write(join(away, "go"), "");
  await agent.says("ended: failed in two");
  expect(agent.stderr()).toContain(`directory ${box.root}: there is no such folder`);
  renameSync(away, box.root);
  await submit(box, "t/quick");
  await agent.says("ended: success");
  expect((await stop(agent)).exitCode).toBe(0);
});

const canBind = can("unshare", "-rm", "mount", "--bind", "/tmp", "/mnt");

test.skipIf(!canBind)("in a root that can't be written it is the step that fails, and says so", async () => {
  await using box = await faultyBox();
  const readOnly = `mount --bind '${box.root}' '${box.root}' && mount -o remount,bind,ro '${box.root}' && cd '${box.root}' && exec "$@"`;
  const agent = await startAgent(box, "unshare", "-rm", "sh", "-c", readOnly, "sh");
  await submit(box, "t/quick");
  await agent.says("ended: failed in say");
  expect(agent.stderr()).toContain("Read-only file system");
  expect((await stop(agent)).exitCode).toBe(0);
});
