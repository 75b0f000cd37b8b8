import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHeartbeat } from "../../src/agent/heartbeat.ts";
import { openSupervisor } from "../../src/agent/supervisor.ts";
import { systemClock } from "../../src/core/clock.ts";
import { openDatagram } from "../../src/core/datagram.ts";
import { start } from "../support/running.ts";
import { sandbox } from "../support/sandbox.ts";

const receiver = `
import json, os, socket, sys
path = sys.argv[1]
there = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
there.bind("\\0" + path[1:] if path.startswith("@") else path)
print("bound", flush=True)
while True: print(json.dumps(there.recv(4096).decode()), flush=True)
`;

/** A real datagram socket, as systemd has one; what came so far. */
async function receiving(path: string, env: Record<string, string> = {}) {
  const running = start(["python3", "-c", receiver, path], { cwd: "/", env: { PATH: process.env.PATH ?? "", ...env } });
  await running.says("bound");
  return {
    got: (): string[] => running.stdout().split("\n").slice(1, -1).map((line) => JSON.parse(line)), // biome-ignore format: one expression
    gets: (text: string) => running.says(JSON.stringify(text)),
    [Symbol.asyncDispose]: () => running.end(),
  };
}

const folder = () => {
  const path = mkdtempSync(join(tmpdir(), "garza-notify-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
};
const unexpected = (message: string) => {
  throw new Error(message);
};

test("the messages are systemd's, to a socket with a path and to one in the abstract namespace", async () => {
  using place = folder();
  for (const path of [join(place.path, "notify"), `@garza-test-${process.pid}`]) {
    await using manager = await receiving(path);
    const supervisor = openSupervisor({ NOTIFY_SOCKET: path, WATCHDOG_USEC: "60000000" }, process.pid, unexpected);
    supervisor.ready("2 running\n1 waiting");
    supervisor.status("1 running");
    supervisor.reloading();
    supervisor.alive();
    supervisor.stopping();
    await manager.gets("STOPPING=1\nSTATUS=leaving");
    expect(manager.got()).toEqual([
      "READY=1\nSTATUS=2 running 1 waiting",
      "STATUS=1 running",
      "RELOADING=1",
      "WATCHDOG=1",
      "STOPPING=1\nSTATUS=leaving",
    ]);
    expect(supervisor.watchdogMs).toBe(60_000);
  }
});

test("nobody listens, nobody is there, the address can't be one: the agent does without", () => {
  const said: string[] = [];
  const say = (message: string) => void said.push(message);
  openSupervisor({}, 1, unexpected).ready("x");
  openSupervisor({ NOTIFY_SOCKET: "/nonexistent/socket" }, 1, unexpected).ready("x");
  openSupervisor({ NOTIFY_SOCKET: "vsock:2:1234" }, 1, say).ready("x");
  openSupervisor({ NOTIFY_SOCKET: `/${"x".repeat(200)}` }, 1, say).ready("x");
  expect(said).toHaveLength(2);
  expect(said[0]).toContain("the service manager can't be told anything: vsock:2:1234");
  expect(openDatagram("/nonexistent/socket").send("x")).toBe(false);
});

test("a watchdog for another process, or with an odd interval, is not ours", () => {
  const watched = (env: Record<string, string>) => openSupervisor(env, 7, unexpected).watchdogMs;
  expect(watched({ WATCHDOG_USEC: "2000000", WATCHDOG_PID: "7" })).toBe(2000);
  expect(watched({ WATCHDOG_USEC: "2000000", WATCHDOG_PID: "8" })).toBeNull();
  for (const odd of ["", "0", "-1", "1e3", "soon"]) expect(watched({ WATCHDOG_USEC: odd })).toBeNull();
});

test("the watchdog is fed behind an answer of the database, an error being one, and not while there is none", async () => {
  const fed: string[] = [];
  const quiet = { ready() {}, reloading() {}, stopping() {} };
  const supervisor = {
    ...quiet,
    status: (text: string) => fed.push(text),
    alive: () => fed.push("alive"),
    watchdogMs: 1000,
  };
  let now = 0;
  const clock = { ...systemClock, monotonic: () => now };
  const asked: PromiseWithResolvers<unknown>[] = [];
  const write = () => {
    const next = Promise.withResolvers<unknown>();
    asked.push(next);
    return next.promise as Promise<never>;
  };
  const counts = () => ({ running: 1, queued: 2, interrupted: 3 });
  const tick = openHeartbeat({ supervisor, store: { write }, clock, counts });

  tick(true);
  expect(fed).toEqual(["1 running, 2 waiting, 3 interrupted: garza status"]);
  now = 10_000;
  tick(false);
  // One that does not answer is asked once, and nothing is fed.
  expect([asked.length, fed.length]).toEqual([1, 1]);
  asked[0]?.reject(new Error("full"));
  await Bun.sleep(0);
  expect(fed.slice(1)).toEqual(["alive"]);
  now += 100;
  tick(false);
  expect(asked).toHaveLength(1);
  now += 200;
  tick(false);
  expect(asked).toHaveLength(2);
});

test("an agent tells its manager that it is ready, what it does, that it reads its configuration, and that it leaves", async () => {
  using place = folder();
  const path = join(place.path, "notify");
  await using manager = await receiving(path);
  const watched = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "8000000" };
  const show = `operation: { name: show, type: maintain, description: Shows }\nsteps: [{ type: command, name: show, command: 'env > ../env' }]\n`;
  await using box = await sandbox({ env: watched, files: { "operations/show.yml": show } });
  const agent = box.start("agent");
  await manager.gets("READY=1\nSTATUS=0 running, 0 waiting");
  await agent.says("ready: ");
  await manager.gets("WATCHDOG=1");

  agent.signal("SIGHUP");
  await agent.says("the configuration was read again: 3 at once");
  await box.write("garza.yml", "queue: { max_concurrent: none }\n");
  agent.signal("SIGHUP");
  await agent.says("the configuration is refused, and the one before stays in force");
  await agent.says("queue.max_concurrent: expected a whole number");
  await manager.gets("READY=1\nSTATUS=a wrong configuration is not in force: garza agent status");

  await box.write("garza.yml", "queue: { max_concurrent: 5 }\n");
  agent.signal("SIGHUP");
  await agent.says("the configuration was read again: 5 at once");
  expect((await box.garza("run", "show")).exitCode).toBe(0);
  expect(await box.read("../env")).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/);
  agent.signal("SIGTERM");
  await manager.gets("STOPPING=1\nSTATUS=leaving");
  expect((await agent.ended).exitCode).toBe(0);
});
