/** A line that is cut, anywhere: the command runs once or not at all, and what is known of it is the truth. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { systemClock } from "../../../src/core/clock.ts";
import { GarzaError } from "../../../src/core/problem.ts";
import { runFar } from "../../../src/engine/far/run-far.ts";
import { noteFar } from "../../../src/engine/far/running-far.ts";
import { Unknown } from "../../../src/engine/past.ts";
import { noteStart } from "../../../src/engine/process-record.ts";
import { begin, greet } from "../../../src/hosts/far/far-process.ts";
import { type FarMachine, type FarStep, farMachine, farStep } from "../../support/far-step.ts";
import { until } from "../../support/temporary.ts";

const effects = ({ there }: FarMachine) =>
  existsSync(join(there, "effects")) ? readFileSync(join(there, "effects"), "utf8").trimEnd().split("\n") : [];
/** Appends to the effects once a run; prints more than one packet. */
const effect = "echo ran >>effects; i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); done; exit 7";
const lines = Array.from({ length: 300 }, (_, i) => `line ${i}\n`).join("");
const caught = (step: FarStep) => runFar(step).catch((thrown: unknown) => thrown);

/** What it prints and does until somebody opens the gate. */
function waiting(machine: FarMachine, more?: Parameters<typeof farStep>[2]) {
  const gate = join(machine.there, "gate");
  rmSync(gate, { force: true });
  const text = `echo ran >>effects; echo first; until [ -e '${gate}' ]; do sleep 0.05; done; echo last; exit 3`;
  return { step: farStep(machine, text, more), open: () => writeFileSync(gate, "") };
}
const whole = { exitCode: 3, signal: null, stdout: "first\nlast\n", stderr: "" };

describe.each(["sent", "received"] as const)("cut after so many bytes were %s", (way) => {
  test("it ran once with all of its output, or not at all", async () => {
    await using machine = await farMachine();
    const before = machine.proxy[way]();
    await runFar(farStep(machine, effect));
    const total = machine.proxy[way]() - before;
    const seen = { once: 0, never: 0 };
    for (let part = 0; part < 16; part++) {
      rmSync(join(machine.there, "effects"), { force: true });
      const hosts = machine.another();
      const step = farStep(machine, effect, { connections: hosts });
      machine.proxy.cutAfter(Math.max(1, Math.round((total * part) / 15)), way);
      const ended = await caught(step);
      if (ended instanceof GarzaError && ended.problem.kind === "host-unreachable") {
        expect(effects(machine)).toEqual([]);
        seen.never++;
      } else {
        expect(ended).toEqual({ exitCode: 7, signal: null, stdout: lines, stderr: "" });
        expect(effects(machine)).toEqual(["ran"]);
        seen.once++;
      }
      await hosts.close();
    }
    expect(seen.once).toBeGreaterThan(5);
  });
});

describe("while it runs", () => {
  test.each([
    ["every connection is reset", (machine: FarMachine) => machine.proxy.cut()],
    ["the processes that serve it are killed", (machine: FarMachine) => machine.server.cut()],
  ])("%s: it goes on, and is found again", async (_, cut) => {
    await using machine = await farMachine();
    const { step, open } = waiting(machine);
    const ended = runFar(step);
    for (let time = 0; time < 3; time++) {
      await until(() => machine.server.sessions().length > 0 && step.printed() === "first\n");
      const served = machine.server.sessions();
      cut(machine);
      await until(() => !machine.server.sessions().some((pid) => served.includes(pid)));
    }
    open();
    expect(await ended).toEqual(whole);
    expect(effects(machine)).toEqual(["ran"]);
  });

  test("the whole server is away for a while", async () => {
    await using machine = await farMachine();
    const { step, open } = waiting(machine);
    const ended = runFar(step);
    await until(() => step.printed() === "first\n");
    await machine.server.stop();
    open();
    await until(() => step.said.length > 0);
    await machine.server.start();
    expect(await ended).toEqual(whole);
    expect(effects(machine)).toEqual(["ran"]);
  });

  test("the agent dies, and the next one finds it by its folder, with all of its output", async () => {
    await using machine = await farMachine();
    const { step, open } = waiting(machine);
    const lost = new AbortController();
    // What an agent has noted and begun, but not followed.
    await machine.hosts.use("far", { signal: lost.signal }, async (far) => {
      const place = await greet(far);
      noteStart(step.folder, step);
      noteFar(step.folder, step, { place: place.place });
      await begin(far, basename(step.folder), place, step.start);
    });
    const next = { ...step, connections: machine.another() };
    const ended = runFar(next);
    await until(() => step.printed() === "first\n");
    open();
    expect(await ended).toEqual(whole);
    // And once more, after its end.
    expect(await runFar({ ...next, connections: machine.another() })).toEqual(whole);
    expect(effects(machine)).toEqual(["ran"]);
  });

  test("the machine is started anew: nobody knows what became of it", async () => {
    await using machine = await farMachine();
    const { step, open } = waiting(machine);
    const ended = caught(step);
    await until(() => step.printed() === "first\n");
    const pid = join(machine.there, ".cache/garza/run", basename(step.folder), "pid");
    const [its, start] = readFileSync(pid, "utf8").split("\n");
    writeFileSync(pid, `${its}\n${start}\nanother-boot\n`);
    machine.proxy.cut();
    expect(await ended).toBeInstanceOf(Unknown);
    open();
    await until(() => !existsSync(`/proc/${its}`));
  });

  test("its folder is gone with the machine's disk: nobody knows, and it is not sent again", async () => {
    await using machine = await farMachine();
    const step = farStep(machine, "echo ran >>effects");
    noteStart(step.folder, step);
    noteFar(step.folder, step, { place: "1000 /home/other other-machine other-boot 1" });
    expect(await caught(step)).toBeInstanceOf(Unknown);
    expect(await caught(step)).toBeInstanceOf(Unknown);
    expect(effects(machine)).toEqual([]);
    expect(await caught({ ...step, mayRepeat: true })).toMatchObject({ exitCode: 0 });
  });

  test("what was noted and never begun is begun", async () => {
    await using machine = await farMachine();
    const step = farStep(machine, "echo ran >>effects");
    const place = await machine.hosts.use("far", { signal: step.signal }, (far) => greet(far));
    noteStart(step.folder, step);
    noteFar(step.folder, step, { place: place.place });
    expect(await runFar(step)).toMatchObject({ exitCode: 0 });
    expect(effects(machine)).toEqual(["ran"]);
    expect(machine.runs().sort()).toEqual([basename(step.folder), `${basename(step.folder)}x`]);
  });

  test("after a power cut here that took the notes, it is not sent again", async () => {
    await using machine = await farMachine();
    const step = farStep(machine, "echo ran >>effects", { boot: "an-earlier-one" });
    expect(await caught(step)).toBeInstanceOf(Unknown);
    expect(effects(machine)).toEqual([]);
  });
});

/** Not by the proxy: nobody is there to refuse it. */
function straight({ another, home, server, proxy }: FarMachine) {
  const hosts = another();
  home.trust(server);
  const inventory = join(hosts.root, "infra/hosts.yml");
  writeFileSync(inventory, readFileSync(inventory, "utf8").replace(`port: ${proxy.port}`, `port: ${server.port}`));
  return hosts;
}

test("a host that stays away for a quarter of an hour leaves nobody who knows; once it is back, it tells", async () => {
  await using machine = await farMachine();
  let now = 0;
  // Every pause is a long one.
  const sleep = async (ms: number) => {
    now += 50 * ms;
  };
  const clock = { ...systemClock, monotonic: () => now, sleep };
  const { step, open } = waiting(machine, { clock, connections: straight(machine) });
  const ended = caught(step);
  await until(() => step.printed() === "first\n");
  await machine.server.stop();
  expect(await ended).toMatchObject({ name: "Unknown", message: expect.stringContaining("host far can't be reached") });
  expect(now).toBeWithin(15 * 60_000, 30 * 60_000);
  await machine.server.start();
  open();
  expect(await runFar({ ...step, connections: machine.another() })).toEqual(whole);
  expect(effects(machine)).toEqual(["ran"]);
});

describe("a stop while the line is gone", () => {
  test("is carried out when it is back, and nothing stays there", async () => {
    await using machine = await farMachine();
    const stop = new AbortController();
    const { step } = waiting(machine, { signal: stop.signal });
    const ended = caught(step);
    await until(() => step.printed() === "first\n");
    machine.proxy.refuse(true);
    machine.proxy.cut();
    const reason = new Error("stopped");
    stop.abort(reason);
    await until(() => step.said.length > 0);
    machine.proxy.refuse(false);
    expect(await ended).toBe(reason);
    expect(machine.marked(`GARZA_RUN=${basename(step.folder)}`)).toEqual([]);
  });

  test("of what only looks is not waited for", async () => {
    await using machine = await farMachine();
    const { step, open } = waiting(machine, { timeoutMs: 8_000, mayRepeat: true });
    const ended = caught(step);
    await until(() => step.printed() === "first\n");
    machine.proxy.refuse(true);
    machine.proxy.cut();
    expect(await ended).toMatchObject({ problem: { kind: "timed-out" } });
    open();
  });
});

test("a server that answers a byte a second is no host that can be reached, within its time", async () => {
  await using machine = await farMachine();
  machine.proxy.throttle(1);
  const hosts = machine.another();
  const inventory = join(hosts.root, "infra/hosts.yml");
  writeFileSync(inventory, readFileSync(inventory, "utf8").replace("port:", "timeout: 1, port:"));
  const step = farStep(machine, "echo ran >>effects", { connections: hosts });
  expect(await caught(step)).toMatchObject({ problem: { kind: "host-unreachable" } });
  expect(effects(machine)).toEqual([]);
});
