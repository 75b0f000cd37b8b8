import { expect, test } from "bun:test";
import { failing, flyctl, patient, registry, wrangler } from "../support/platforms.ts";
import { sandbox } from "../support/sandbox.ts";

const app = (url: string) => ({
  "infra/services.yml": registry({ web: { url }, hooks: { url, platform: "cloudflare" } }),
  "web/fly.toml": 'app = "web"\n',
  "hooks/wrangler.toml": 'name = "hooks"\n',
});

test("deploy/mcp-server deploys, waits for health and records it", async () => {
  using server = patient();
  await using box = await sandbox({ files: app(server.url), programs: { flyctl } });
  const { exitCode } = await box.garza("run", "deploy/mcp-server", "app_name=web", "source_dir=web");
  expect(exitCode).toBe(0);
  expect(await box.told()).toEqual([
    "low: Deploying web from web",
    `normal: web is deployed and healthy at ${server.url}`,
  ]);
  expect(await box.calls("flyctl")).toEqual([
    ["auth", "whoami"],
    ["releases", "--app", "web", "--image", "--json"],
    ["deploy", "--app", "web", "--remote-only", "--yes"],
  ]);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({
    fly_apps: { web: { status: "deployed", previous_image: "registry.example/web:v8" } },
  });
  expect(await box.json("infra/state/operations.json")).toMatchObject({
    operations: [
      { operation: "deploy_mcp_server", target: "web", status: "success" },
      { template: "deploy/mcp-server", target: "web", status: "success" },
    ],
  });
});

test("a release that does not become healthy is replaced by the one before, and that is said", async () => {
  using server = patient(false);
  await using box = await sandbox({ files: app(server.url), programs: { flyctl } });
  const impatient = ["health_timeout=1", "health_interval=0.05"];
  const { exitCode, stdout, stderr } = await box.garza(
    "run",
    "deploy/mcp-server",
    "app_name=web",
    "source_dir=web",
    ...impatient,
  );
  expect(exitCode).toBe(1);
  expect(`${stdout}${stderr}`).toContain("become-healthy");
  expect(`${stdout}${stderr}`).toMatch(/rolled back|rollback.*done/i);
  expect((await box.calls("flyctl")).slice(3)).toEqual([
    ["deploy", "--app", "web", "--image", "registry.example/web:v8", "--yes"],
  ]);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({
    fly_apps: { web: { status: "rolled_back" } },
  });
});

test("a deploy that flyctl refuses goes back too", async () => {
  using server = patient();
  const refusing = failing(flyctl, "deploy*--remote-only*", "Error: no builder");
  await using box = await sandbox({ files: app(server.url), programs: { flyctl: refusing } });
  const { exitCode, stdout, stderr } = await box.garza("run", "deploy/mcp-server", "app_name=web", "source_dir=web");
  expect(exitCode).toBe(1);
  expect(`${stdout}${stderr}`).toContain("no builder");
  expect((await box.calls("flyctl")).at(-1)).toEqual([
    "deploy",
    "--app",
    "web",
    "--image",
    "registry.example/web:v8",
    "--yes",
  ]);
});

test("all prerequisites that fail are told together, and nothing is deployed", async () => {
  const signedOut = failing(flyctl, "auth*", "not signed in");
  await using box = await sandbox({ programs: { flyctl: signedOut } });
  const { exitCode, stdout, stderr } = await box.garza("run", "deploy/mcp-server", "app_name=web", "source_dir=web");
  expect(exitCode).toBe(4);
  for (const check of ["flyctl is signed in", "the source folder says how to build"])
    expect(`${stdout}${stderr}`).toContain(check);
  expect(await box.calls("flyctl")).toEqual([["auth", "whoami"]]);
});

test("deploy/worker deploys with wrangler and looks at its health", async () => {
  using server = patient();
  await using box = await sandbox({ files: app(server.url), programs: { wrangler } });
  const { exitCode } = await box.garza("run", "deploy/worker", "worker_name=hooks", "source_dir=hooks");
  expect(await box.calls("wrangler")).toEqual([
    ["whoami"],
    ["deployments", "status", "--name", "hooks", "--json"],
    ["deploy", "--name", "hooks"],
  ]);
  expect(exitCode).toBe(0);
  expect(server.asked).toBe(1);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({ workers: { hooks: { status: "deployed" } } });
});

test("a Worker that does not become healthy is rolled back to its version before", async () => {
  using server = patient(false);
  await using box = await sandbox({ files: app(server.url), programs: { wrangler } });
  const parameters = [
    "worker_name=hooks",
    "source_dir=hooks",
    "environment=live",
    "health_timeout=1",
    "health_interval=0.05",
  ];
  const { exitCode, stderr } = await box.garza("run", "deploy/worker", ...parameters);
  expect(exitCode).toBe(1);
  const [deploy, rollback] = (await box.calls("wrangler")).slice(2);
  expect(deploy).toEqual(["deploy", "--name", "hooks", "--env", "live"]);
  const id = /op_[0-9A-Z]+/.exec(stderr)?.[0];
  expect(rollback).toEqual(["rollback", "version-7", "--name", "hooks", "--message", `garza ${id}`, "--yes"]);
});

test("the first deploy of a Worker has nothing to go back to, and is recorded as failed", async () => {
  const first = failing(wrangler, "deployments*", "This Worker does not exist");
  const broken = failing(first, "deploy?--name*", "build failed");
  await using box = await sandbox({ files: app("http://127.0.0.1:9/"), programs: { wrangler: broken } });
  const { exitCode } = await box.garza("run", "deploy/worker", "worker_name=hooks", "source_dir=hooks");
  expect(exitCode).toBe(1);
  expect((await box.calls("wrangler")).filter(([command]) => command === "rollback")).toEqual([]);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({ workers: { hooks: { status: "failed" } } });
});
