import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { failing, flyctl, patient, registry } from "../support/platforms.ts";
import { type Sandbox, sandbox } from "../support/sandbox.ts";

/** A flyctl whose restart (or deploy) makes the service well. */
const curing = `case "$*" in "apps restart"*|deploy*) touch cured ;; esac\n${flyctl}`;

/** Serves `web`, registered, which is ill until there is a file `cured` in the root. */
async function serveIll(box: Sandbox): Promise<Disposable> {
  const fetch = () => new Response(null, { status: existsSync(join(box.root, "cured")) ? 200 : 503 });
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  await box.write("infra/services.yml", registry({ web: { url: `http://127.0.0.1:${server.port}/health` } }));
  return { [Symbol.dispose]: () => void server.stop(true) };
}

test("recovery/mcp-down does nothing for a service that answers again", async () => {
  using server = patient();
  await using box = await sandbox({
    files: { "infra/services.yml": registry({ web: { url: server.url } }) },
    programs: { flyctl },
  });
  const { exitCode } = await box.garza("run", "recovery/mcp-down", "service_name=web");
  expect(exitCode).toBe(0);
  expect(await box.told()).toEqual(["low: web answers again, nothing to do", "normal: web is up"]);
  expect(await box.calls("flyctl")).toEqual([]);
});

test("recovery/mcp-down reads the log, restarts, and finds the service well again", async () => {
  await using box = await sandbox({ programs: { flyctl: curing } });
  using _ = await serveIll(box);
  const { exitCode } = await box.garza("run", "recovery/mcp-down", "service_name=web", "patience=60", "interval=0.05");
  expect(await box.calls("flyctl")).toEqual([
    ["logs", "--app", "web", "--no-tail"],
    ["apps", "restart", "web"],
  ]);
  expect(exitCode).toBe(0);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({ services: { web: { status: "running" } } });
});

test("recovery/mcp-down says what the log had when a restart does not help", async () => {
  using server = patient(false);
  const files = { "infra/services.yml": registry({ web: { url: server.url } }) };
  await using box = await sandbox({ files, programs: { flyctl } });
  const parameters = ["service_name=web", "patience=1", "interval=0.05"];
  const { exitCode } = await box.garza("run", "recovery/mcp-down", ...parameters);
  expect(exitCode).toBe(1);
  const told = (await box.told()).join("\n");
  for (const said of ["high: web is down and could not be recovered: recovered", "Out of memory"])
    expect(told).toContain(said);
  expect(await box.json("infra/state/deployments.json")).toMatchObject({ services: { web: { status: "down" } } });
});

test("recovery/ssh-lost does nothing for a host that lets us in", async () => {
  await using box = await sandbox({ files: { "infra/hosts.yml": "hosts:\n  here: { local: true }\n" } });
  const { exitCode } = await box.garza("run", "recovery/ssh-lost", "host=here");
  expect(await box.told()).toEqual(["low: here lets us in again, nothing to do", "normal: here lets us in"]);
  expect(exitCode).toBe(0);
});

test("recovery/ssh-lost tells a deaf host from a dead one, and says what it lacks to reboot it", async () => {
  using server = patient();
  const files = { "infra/hosts.yml": "hosts:\n  far: { primary: { host: 192.0.2.1, port: 9, user: nobody } }\n" };
  await using box = await sandbox({ files });
  const { exitCode, stdout, stderr } = await box.garza("run", "recovery/ssh-lost", "host=far", `web_url=${server.url}`);
  expect(exitCode).toBe(1);
  expect(`${stdout}${stderr}`).toContain("far does not let us in (from outside: ok) and no droplet_name is given");
});

test("recovery/ssh-lost reboots the droplet, and says so when the host stays away", async () => {
  const asked: string[] = [];
  const ocean = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    routes: {
      "/v2/droplets": Response.json({ droplets: [{ id: 42, name: "far-1" }], links: {}, meta: { total: 1 } }),
      "/v2/droplets/:id/actions": {
        GET: Response.json({ actions: [], links: {}, meta: { total: 0 } }),
        POST: async (request) => {
          asked.push(`${request.params.id} ${await request.text()}`);
          return Response.json({ action: { id: 7, type: "reboot", status: "completed" } }, { status: 201 });
        },
      },
    },
  });
  const files = { "infra/hosts.yml": "hosts:\n  far: { primary: { host: 192.0.2.1, port: 9, user: nobody } }\n" };
  const env = { GARZA_DIGITALOCEAN_URL: `http://127.0.0.1:${ocean.port}`, DIGITALOCEAN_TOKEN: "very-secret-token" };
  await using box = await sandbox({ files, env });
  const parameters = ["host=far", "droplet_name=far-1", "patience=1", "interval=0.05"];
  const { exitCode, stdout, stderr } = await box.garza("run", "recovery/ssh-lost", ...parameters);
  await ocean.stop(true);
  expect(asked).toEqual(['42 {"type":"reboot"}']);
  expect(exitCode).toBe(1);
  expect((await box.told()).join()).toContain("high: far is lost");
  expect(`${stdout}${stderr}`).not.toContain("very-secret-token");
});

test("recovery/deploy-failed deploys what ran before the failed deploy", async () => {
  const files = {
    "infra/state/deployments.json":
      '{"fly_apps":{"web":{"status":"deploying","previous_image":"registry.example/web:v6"}}}',
  };
  await using box = await sandbox({ files, programs: { flyctl: curing } });
  using _ = await serveIll(box);
  const { exitCode } = await box.garza(
    "run",
    "recovery/deploy-failed",
    "service_name=web",
    "platform=fly.io",
    "interval=0.05",
  );
  expect((await box.calls("flyctl")).at(-1)).toEqual([
    "deploy",
    "--app",
    "web",
    "--image",
    "registry.example/web:v6",
    "--yes",
  ]);
  expect(exitCode).toBe(0);
});

test("recovery/deploy-failed takes the release before the last where nothing is recorded, and says when that fails", async () => {
  using server = patient(false);
  const files = { "infra/services.yml": registry({ web: { url: server.url, critical: true } }) };
  await using box = await sandbox({ files, programs: { flyctl: failing(flyctl, "deploy*", "Error: no such image") } });
  const { exitCode } = await box.garza("run", "recovery/deploy-failed", "service_name=web", "platform=fly.io");
  expect(exitCode).toBe(1);
  expect((await box.calls("flyctl")).at(-1)).toEqual([
    "deploy",
    "--app",
    "web",
    "--image",
    "registry.example/web:v7",
    "--yes",
  ]);
  const told = (await box.told()).join("\n");
  for (const said of ["no such image", "web could not be brought back", "A critical service is down"])
    expect(told).toContain(said);
});
