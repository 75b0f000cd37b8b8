/** Templates as they were written before: short parameters, unnamed nested steps, AND/OR, values inside conditions. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { failing, flyctl, patient, registry } from "../support/platforms.ts";
import { type Sandbox, type SandboxOptions, sandbox } from "../support/sandbox.ts";
import { texts } from "../support/sources.ts";

const state = JSON.stringify({ fly_apps: { web: { status: "old" } }, services: { web: { status: "old" } }, lists: {} });

async function oldRepository({ files, programs }: SandboxOptions = {}): Promise<Sandbox> {
  const templates = await texts("test/features/predecessor/*.yml");
  const own = [...templates].map(([path, text]) => [join("operations", path.split("/").at(-1) ?? ""), text]);
  return await sandbox({
    files: { ...Object.fromEntries(own), "infra/state/deployments.json": state, "app/Dockerfile": "", ...files },
    programs: { flyctl, ...programs },
  });
}

/** What the templates themselves wrote to the log, without the entries of ended operations. */
async function logged(box: Sandbox): Promise<string[]> {
  const { operations } = (await box.json("infra/state/operations.json")) as { operations: Record<string, string>[] };
  return operations.filter(({ result }) => result !== undefined).map(({ service, result }) => `${service}: ${result}`);
}

test("all of them are valid", async () => {
  await using box = await oldRepository({
    files: { "infra/services.yml": registry({ web: { url: "http://127.0.0.1:9" } }) },
  });
  const { exitCode, stdout, stderr } = await box.garza("template", "validate");
  expect(`${stdout}${stderr}`).not.toContain("error:");
  expect(exitCode).toBe(0);
});

test("a deploy whose probe says failed goes on, and its condition takes the way back", async () => {
  using server = patient(false);
  await using box = await oldRepository();
  const parameters = ["app_name=web", "source_dir=app", `health_url=${server.url}`];
  const { exitCode } = await box.garza("run", "deploy-app", ...parameters);
  expect(exitCode).toBe(0);
  expect((await box.calls("flyctl")).slice(1)).toEqual([
    ["deploy", "--app", "web"],
    ["releases", "rollback", "--app", "web"],
  ]);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({
    fly_apps: { web: { status: "rolled_back" } },
  });
  expect(await box.told()).toEqual(["normal: Deployed web (was: old, now failed)"]);
  expect(server.asked).toBe(2);
});

test("a deploy that is well takes the other way, and one that is refused is told with its ternary priority", async () => {
  using server = patient();
  await using box = await oldRepository();
  const parameters = ["app_name=web", "source_dir=app", `health_url=${server.url}`];
  expect((await box.garza("run", "deploy_app", ...parameters)).exitCode).toBe(0);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({ fly_apps: { web: { status: "deployed" } } });

  await box.program("flyctl", failing(flyctl, "deploy*", "no builder"));
  const { exitCode } = await box.garza("run", "deploy-app", ...parameters);
  expect(exitCode).toBe(1);
  expect((await box.told()).at(-1)).toStartWith("high: Deploy of web failed:");
});

test("get without output stores under its last part, and a wildcard writes only where the rest exists", async () => {
  await using box = await oldRepository({
    files: { "infra/services.yml": registry({ web: { url: "http://127.0.0.1:9" } }) },
  });
  const { exitCode } = await box.garza("run", "restart-by-registry", "service=web", "critical=true");
  expect(exitCode).toBe(0);
  expect(await box.told()).toEqual(["high: Restarted web on fly.io (http://127.0.0.1:9)"]);
  expect(await box.json("infra/state/deployments.json")).toEqual({
    fly_apps: { web: { status: "restarted" } },
    services: { web: { status: "restarted" } },
    lists: {},
  });
});

test("a group's report is written, with the short end of a conditional that exits", async () => {
  using well = patient();
  using ill = patient(false);
  const services = registry({ web: { url: ill.url, critical: true }, notes: { url: well.url } });
  await using box = await oldRepository({ files: { "infra/services.yml": services } });
  const sick = await box.garza("run", "group-report");
  expect(sick.exitCode).toBe(0);
  expect(await box.told()).toContain("normal: 1 of 2 are down: web");
  expect(await box.read("infra/state/report-mcp_core.md")).toContain("Healthy: 1/2");

  ill.well = true;
  const healthy = await box.garza("run", "group-report");
  expect(healthy.exitCode).toBe(0);
  expect(await box.told()).toContain("normal: All 2 are well");
  expect(await box.read("infra/state/report-mcp_core.md")).toContain("Healthy: 2/2");
});

test("a recovery loads another operation, waits on a condition, and logs", async () => {
  using server = patient();
  await using box = await oldRepository({ files: { "infra/services.yml": registry({ web: { url: server.url } }) } });
  expect((await box.garza("run", "recover-service", "service=web")).exitCode).toBe(0);
  expect(await logged(box)).toEqual(["web: already well"]);
  expect(await box.calls("flyctl")).toEqual([]);
});

test("a recovery of what is really down restarts it through the loaded operation", async () => {
  await using box = await oldRepository({ programs: { flyctl: `case "$1" in apps) touch cured ;; esac` } });
  const fetch = async () =>
    new Response(null, { status: (await Bun.file(join(box.root, "cured")).exists()) ? 200 : 503 });
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  try {
    await box.write("infra/services.yml", registry({ web: { url: `http://127.0.0.1:${server.port}/` } }));
    expect((await box.garza("run", "recover-service", "service=web")).exitCode).toBe(0);
    expect(await box.calls("flyctl")).toEqual([["apps", "restart", "web"]]);
    expect(await logged(box)).toEqual(["web: success"]);
  } finally {
    await server.stop(true);
  }
});

test("several commands, patterns and a probing command decide together", async () => {
  await using box = await oldRepository({ files: { "apps.txt": "web\n" } });
  const { exitCode } = await box.garza("run", "read-logs", "app_name=web");
  expect(exitCode).toBe(0);
  expect((await box.told()).join("\n")).toMatch(/^normal: web: known (ok|success), causes .*Out of memory/);
});

test("a list goes through a loop, into the state, and the state into a commit", async () => {
  await using box = await oldRepository();
  const { exitCode } = await box.garza("run", "release-and-push", "app=web", "regions=fra,ams");
  expect(exitCode).toBe(0);
  expect(await box.calls("flyctl")).toEqual([
    ["scale", "count", "2", "--app", "web", "--region", "fra"],
    ["scale", "count", "2", "--app", "web", "--region", "ams"],
  ]);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({
    fly_apps: { web: { regions: ["fra", "ams"], count: 2 } },
  });
  expect((await box.run("git", "log", "-1", "--format=%s")).stdout).toBe("Release web\n");
  expect((await box.run("git", "show", "--name-only", "--format=")).stdout).toBe("infra/state/deployments.json\n");
});
