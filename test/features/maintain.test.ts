import { expect, test } from "bun:test";
import { docker, failing, flyctl, patient, registry, systemctl } from "../support/platforms.ts";
import { sandbox } from "../support/sandbox.ts";

const programs = { flyctl, docker, systemctl };

for (const { platform, program, calls } of [
  {
    platform: "fly.io",
    program: "flyctl",
    calls: [
      ["apps", "restart", "web"],
      ["status", "--app", "web", "--json"],
    ],
  },
  {
    platform: "docker",
    program: "docker",
    calls: [
      ["restart", "web"],
      ["inspect", "--format", "{{.State.Running}}", "web"],
    ],
  },
  {
    platform: "systemd",
    program: "systemctl",
    calls: [
      ["restart", "web"],
      ["is-active", "web"],
    ],
  },
  {
    platform: "local",
    program: "systemctl",
    calls: [
      ["--user", "restart", "web"],
      ["--user", "is-active", "web"],
    ],
  },
]) {
  test(`maintain/restart-service restarts on ${platform} and sees that it is up`, async () => {
    await using box = await sandbox({ programs });
    const { exitCode } = await box.garza("run", "maintain/restart-service", "service_name=web", `platform=${platform}`);
    expect(await box.calls(program)).toEqual(calls);
    expect(await box.told()).toEqual([`normal: web on ${platform} was restarted and is up`]);
    expect(exitCode).toBe(0);
    expect(await box.json("infra/state/deployments.json")).toMatchObject({ services: { web: { status: "running" } } });
  });
}

test("a service that the registry knows is asked as the registry says", async () => {
  using server = patient();
  await using box = await sandbox({
    files: { "infra/services.yml": registry({ web: { url: server.url } }) },
    programs,
  });
  const { exitCode } = await box.garza("run", "maintain/restart-service", "service_name=web", "platform=docker");
  expect(exitCode).toBe(0);
  expect(server.asked).toBe(1);
  expect(await box.calls("docker")).toEqual([["restart", "web"]]);
});

test("a restart that does not bring the service up fails, is recorded, and is said", async () => {
  const stopped = `case "$1" in inspect) echo false ;; esac`;
  await using box = await sandbox({ programs: { docker: stopped } });
  const parameters = ["service_name=web", "platform=docker", "patience=1", "interval=0.05"];
  const { exitCode, stdout, stderr } = await box.garza("run", "maintain/restart-service", ...parameters);
  expect(exitCode).toBe(1);
  expect((await box.told()).join()).toStartWith("high: Restart of web failed: be-up");
  expect(`${stdout}${stderr}`).toMatch(/rolled back|rollback.*done/i);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({
    services: { web: { status: "restart_failed" } },
  });
});

test("a restart that the platform refuses leaves the lock free for the next one", async () => {
  await using box = await sandbox({ programs: { docker: failing(docker, "restart*", "No such container") } });
  const restart = () => box.garza("run", "maintain/restart-service", "service_name=web", "platform=docker");
  expect((await restart()).exitCode).toBe(1);
  await box.program("docker", docker);
  expect((await restart()).exitCode).toBe(0);
});

test("an unknown platform is refused with the known ones, before anything runs", async () => {
  await using box = await sandbox({ programs });
  const { exitCode, stderr } = await box.garza(
    "run",
    "maintain/restart-service",
    "service_name=web",
    "platform=heroku",
  );
  expect(exitCode).toBe(2);
  for (const known of ["fly.io", "docker", "systemd", "local"]) expect(stderr).toContain(known);
});

test("maintain/health-check asks a whole group and writes a report", async () => {
  using first = patient();
  using second = patient();
  const services = registry({ web: { url: first.url }, notes: { url: second.url } });
  await using box = await sandbox({ files: { "infra/services.yml": services } });
  const { exitCode } = await box.garza("run", "maintain/health-check", "service_group=mcp_core");
  expect(exitCode).toBe(0);
  const report = await box.read("infra/state/health-mcp_core.md");
  expect(report).toContain("2 of 2 healthy");
  for (const name of ["web", "notes"]) expect(report).toContain(name);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({
    health: { mcp_core: { total: 2, healthy: 2, unhealthy: [] } },
  });
});

test("a sick service fails the check of its group, which still asks the others and reports all", async () => {
  using well = patient();
  using ill = patient(false);
  const services = registry({ web: { url: ill.url, critical: true }, notes: { url: well.url } });
  await using box = await sandbox({ files: { "infra/services.yml": services } });
  const { exitCode, stdout, stderr } = await box.garza("run", "maintain/health-check", "service_group=mcp_core");
  expect(exitCode).toBe(1);
  expect(`${stdout}${stderr}`).toContain("1 of 2 are not healthy: web");
  expect(await box.told()).toEqual([
    "normal: Health of mcp_core: step all-healthy failed: 1 of 2 are not healthy: web",
    "high: Critical services of mcp_core are down: web",
  ]);
  expect(well.asked).toBe(1);
  expect(await box.read("infra/state/health-mcp_core.md")).toContain("1 of 2 healthy");
});

test("an unknown group is refused with the nearest known one", async () => {
  await using box = await sandbox({
    files: { "infra/services.yml": registry({ web: { url: "http://127.0.0.1:9/" } }) },
  });
  const { exitCode, stdout, stderr } = await box.garza("run", "maintain/health-check", "service_group=mcp_cor");
  expect(exitCode).not.toBe(0);
  expect(`${stdout}${stderr}`).toContain("mcp_core");
});
