import { afterAll, describe, expect, test } from "bun:test";
import { problem } from "../../src/core/problem.ts";
import type { Mapping } from "../../src/core/value.ts";
import { healthCheck } from "../../src/steps/health-check.ts";
import type { NestedOutcome } from "../../src/steps/step.ts";
import { waitFor } from "../../src/steps/wait-for.ts";
import { freePort } from "../support/sshd.ts";
import { configured, ok, runStep, type Surroundings, stepContext, steppingClock } from "../support/step-context.ts";

let hits = 0;
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request) {
    hits++;
    const { pathname } = new URL(request.url);
    if (pathname === "/never") return new Promise<Response>(() => undefined);
    if (pathname === "/moved") return Response.redirect("/well", 301);
    return new Response("all is well", { status: Number(pathname.slice(1)) || 200 });
  },
});
afterAll(() => server.stop(true));
const at = (path: string) => new URL(path, server.url).href;

const check = (keys: Mapping, surroundings: Surroundings = {}) => runStep(healthCheck, keys, stepContext(surroundings));
const well = { kind: "done", value: "ok", sets: { health_status: "ok" } };
const ill = (message: string | RegExp) => ({
  kind: "failed",
  message: message instanceof RegExp ? expect.stringMatching(message) : message,
  sets: { health_status: "failed" },
});

describe("health_check by http", () => {
  test("any 2xx is well, unless a status or a list of them is expected", async () => {
    expect(await check({ method: "http", url: at("/204") })).toMatchObject({ ...well, record: { code: 204 } });
    expect(await check({ url: at("/503") })).toMatchObject(ill(`${at("/503")}: status 503, expected 2xx`));
    expect(await check({ url: at("/503"), expected_status: 503 })).toMatchObject(well);
    expect(await check({ url: at("/200"), expected_status: [401, 403] })).toMatchObject(
      ill(`${at("/200")}: status 200, expected 401 or 403`),
    );
    expect(await check({ url: at("/403"), expected_status: "401, 403" })).toMatchObject(well);
  });

  test("a redirect is followed, or seen where it is what is expected", async () => {
    expect(await check({ url: at("/moved") })).toMatchObject({ ...well, record: { code: 200 } });
    expect(await check({ url: at("/moved"), expected_status: 301 })).toMatchObject({ ...well, record: { code: 301 } });
  });

  test("the body has to contain what is expected", async () => {
    expect(await check({ url: at("/"), expected_body_contains: "is well" })).toMatchObject(well);
    expect(await check({ url: at("/"), expected_body_contains: "is ill" })).toMatchObject(
      ill(`${at("/")}: the answer does not contain "is ill"`),
    );
  });

  test("a refused connection, a name nobody knows and a time limit are an answer too", async () => {
    const port = await freePort();
    expect(await check({ url: `http://127.0.0.1:${port}/` })).toMatchObject(
      ill(`no answer from http://127.0.0.1:${port}/: connection refused`),
    );
    expect(await check({ url: "http://no-such-host.invalid/" })).toMatchObject(ill(/name/));
    // Long enough for the server to have been asked.
    const before = hits;
    let outcome = await check({ url: at("/never") }, { limitMs: 100 });
    for (let limitMs = 400; hits === before; limitMs *= 4) outcome = await check({ url: at("/never") }, { limitMs });
    expect(outcome).toMatchObject(ill(/no success within \d+m?s, while waiting for the answer$/));
  });

  test("a cancel is none", async () => {
    const reason = problem({ kind: "cancelled", by: "ann" });
    const cancelled = check({ url: at("/") }, { signal: AbortSignal.abort(reason) });
    expect(await cancelled.catch((error: unknown) => error)).toBe(reason);
  });
});

describe("health_check by tcp", () => {
  test("a port that answers is well", async () => {
    expect(await check({ method: "tcp", host: "127.0.0.1", port: `${server.port}` })).toMatchObject(well);
    expect(await check({ method: "tcp", host: "here", port: server.port ?? 0 })).toMatchObject(well);
    const port = await freePort();
    expect(await check({ host: "127.0.0.1", port })).toMatchObject(
      ill(`no answer from 127.0.0.1:${port}: connection refused`),
    );
  });
});

describe("health_check by command", () => {
  test("exit status 0 is well, and its output where one is expected", async () => {
    const command = "echo active";
    expect(await check({ command })).toMatchObject({ ...well, record: { stdout: "active\n", exit_code: 0 } });
    expect(await check({ command, expected_output: "active" })).toMatchObject(well);
    expect(await check({ command, expected_output: "/^ACT/i" })).toMatchObject(well);
    expect(await check({ command, expected_output: "act" })).toMatchObject(ill('the output is "active", expected act'));
    expect(await check({ command: "echo down >&2; exit 3" })).toMatchObject(ill("exit status 3: down"));
  });

  test("ssh_command runs here on a host that is this machine, and there on another; one that is out of reach is not well", async () => {
    expect(await check({ method: "ssh_command", host: "here", command: "true" })).toMatchObject(well);
    expect(await check({ method: "ssh_command", command: "true" })).toMatchObject(well);
    const asked: unknown[] = [];
    const spawn = async (request: unknown) => {
      asked.push(request);
      throw problem({ kind: "host-unreachable", host: "far", why: "no route" });
    };
    expect(await check({ method: "ssh_command", host: "far", command: "true" }, { spawn })).toMatchObject(
      ill("host far can't be reached: no route"),
    );
    expect(asked).toMatchObject([{ host: "far", run: { script: { text: "true" }, shell: "sh" } }]);
  });
});

describe("health_check from the registry", () => {
  const services = {
    web: {
      host: "here",
      health_check: { method: "http", url: at("/204"), expected_status: 204, timeout: 5, interval: 60 },
    },
    job: { host: "here", health_check: { method: "ssh_command", command: "echo ${HOME:-none}" } },
    bare: { type: "vm" },
    wrong: { health_check: { method: "http" } },
    wronger: { health_check: { method: "ping" } },
  };
  const registered = (service: string, more: Mapping = {}) =>
    check({ service, from_registry: true, ...more }, { services });

  test("everything comes from the entry; what the step writes besides counts for this look", async () => {
    expect(await registered("web")).toMatchObject({ ...well, record: { code: 204 } });
    expect(await registered("web", { expected_status: 200 })).toMatchObject(ill(/status 204, expected 200$/));
  });

  test("a command of the registry is no template", async () => {
    expect(await registered("job")).toMatchObject({ ...well, record: { stdout: "none\n" } });
  });

  test("a service without a check is skipped, and says so", async () => {
    expect(await registered("bare")).toEqual({
      kind: "skipped",
      why: "bare has no health check",
      sets: { health_status: "skipped" },
    });
  });

  test("a dry run shows what would be looked at, and does not stumble over a service only the run knows", () => {
    const context = { ...stepContext({ services }), decide: () => null };
    const line = (service: string) =>
      healthCheck.plan(configured(healthCheck, { service, from_registry: true }, context), context);
    expect(line("web")).toEqual([{ label: "check", text: `GET ${at("/204")}` }]);
    expect(line("job")).toEqual([{ label: "check", text: "on here $ echo ${HOME:-none}" }]);
    expect(line("⟨from step x⟩")).toEqual([{ label: "check", text: "the registry's check of ⟨from step x⟩" }]);
  });

  test("an unknown service and a broken entry are not well, and say why", async () => {
    const look = async (service: string) => {
      const outcome = await registered(service);
      return "sets" in outcome && outcome.kind === "failed" ? [outcome.sets?.health_status, outcome.message] : outcome;
    };
    expect(await look("wen")).toEqual(["failed", "there is no service wen in infra/services.yml. Nearest: web."]);
    expect(await look("wrong")).toEqual(["failed", "infra/services.yml: health_check of wrong: url is missing"]);
    const wronger = expect.stringContaining("infra/services.yml: health_check of wronger: method: ");
    expect(await look("wronger")).toEqual(["failed", wronger]);
  });
});

test("a check that lacks what its method needs is a fault", () => {
  const faults = (keys: Mapping) => healthCheck.faults?.(keys).map(({ message }) => message);
  expect(faults({})).toEqual(["a check needs a `method`, or a `service` with `from_registry: true`"]);
  expect(faults({ method: "http" })).toEqual(["a check by http needs `url`"]);
  expect(faults({ method: "tcp", host: "x" })).toEqual(["a check by tcp needs `port`"]);
  expect(faults({ expected_output: "x" })).toEqual(["a check by command needs `command`"]);
  expect(faults({ service: "web" })).toEqual(["`service` needs `from_registry: true`"]);
  expect(faults({ from_registry: true })).toEqual(["`from_registry` needs a `service`"]);
  expect(faults({ service: "web", from_registry: true })).toEqual([]);
  expect(faults({ method: "${m}", url: "x" })).toEqual([]);
  expect(() => configured(healthCheck, { url: "x", expected_status: "fine" })).toThrow(
    "expected a status (200) or a list of them",
  );
});

describe("wait_for", () => {
  const wait = (keys: Mapping, surroundings: Surroundings) => runStep(waitFor, keys, stepContext(surroundings));

  test("runs its steps before each look until the condition holds; its value is the number of looks", async () => {
    const clock = steppingClock();
    const places: string[] = [];
    const context = stepContext({
      clock,
      names: { n: 0 },
      limitMs: 300_000,
      nested: {
        steps({ scope, at: place }) {
          places.push(place);
          scope.set("n", Number(scope.get("n")) + 1);
          return ok;
        },
      },
    });
    expect(await runStep(waitFor, { condition: "n >= 3", interval: "10s" }, context)).toMatchObject({
      kind: "done",
      value: 3,
    });
    expect(clock.slept).toEqual([10_000, 10_000]);
    expect(places).toEqual(["#1", "#2", "#3"]);
    // It has no scope of its own.
    expect(context.scope.get("n")).toBe(3);
  });

  test("gives up at its limit with the last reason", async () => {
    const clock = steppingClock();
    const outcome = await wait({ condition: "${up}" }, { clock, limitMs: 12_000, names: { up: false } });
    expect(outcome).toMatchObject({
      kind: "failed",
      message: "gave up after 3 looks: the condition does not hold: ${up}",
    });
    expect(clock.slept).toEqual([5_000, 5_000, 2_000]);
  });

  test("steps that fail make the look fail, not the wait", async () => {
    const outcomes: NestedOutcome[] = [{ kind: "failed", step: "probe", message: "refused" }, ok];
    const nested = { steps: () => outcomes.shift() ?? ok };
    expect(await wait({ condition: true }, { clock: steppingClock(), nested, limitMs: 60_000 })).toMatchObject({
      value: 2,
    });
    const never = { steps: () => ({ kind: "failed", step: "probe", message: "refused" }) as const };
    expect(await wait({ condition: true }, { clock: steppingClock(), nested: never, limitMs: 6_000 })).toMatchObject({
      kind: "failed",
      message: "gave up after 2 looks: refused",
    });
  });

  test("a time limit that cuts a look off leaves the reason of the look before it", async () => {
    const clock = steppingClock();
    const limit = new AbortController();
    const nested = {
      steps({ at: place }: { at: string }) {
        if (place === "#1") return { kind: "failed", step: "probe", message: "refused" } as const;
        limit.abort(problem({ kind: "timed-out", what: "step wait", seconds: 60 }));
        return { kind: "failed", step: "probe", message: "cut off" } as const;
      },
    };
    expect(await wait({ condition: true }, { clock, nested, signal: limit.signal })).toMatchObject({
      kind: "failed",
      message: "gave up after 2 looks: refused",
    });
  });

  test("looks with a health check's keys", async () => {
    hits = 0;
    expect(
      await wait({ url: at("/204"), expected_status: 204 }, { clock: steppingClock(), limitMs: 60_000 }),
    ).toMatchObject({
      kind: "done",
      value: 1,
    });
    const outcome = await wait({ url: at("/503") }, { clock: steppingClock(), limitMs: 6_000 });
    expect(outcome).toMatchObject({ message: `gave up after 2 looks: ${at("/503")}: status 503, expected 2xx` });
    expect(hits).toBe(3);
  });

  test("after a crash the last look is carried on", async () => {
    const places: string[] = [];
    const nested = {
      steps({ at: place }: { at: string }) {
        places.push(place);
        return ok;
      },
    };
    await wait({ condition: "true" }, { nested, looks: 3 });
    expect(places).toEqual(["#3"]);
  });

  test("an exit inside ends it; a cancel is thrown", async () => {
    const end = { kind: "exit", status: "failed", message: "no use" } as const;
    expect(await wait({ condition: "true" }, { nested: { steps: () => end } })).toEqual(end);
    const reason = problem({ kind: "cancelled", by: "ann" });
    const cancelled = wait({ condition: "true" }, { signal: AbortSignal.abort(reason) });
    expect(await cancelled.catch((error: unknown) => error)).toBe(reason);
  });

  test("needs a condition or a check, not both", () => {
    expect(waitFor.faults?.({})).toHaveLength(1);
    expect(waitFor.faults?.({ condition: "x", url: "y" })).toHaveLength(1);
    expect(waitFor.faults?.({ condition: "x" })).toEqual([]);
    expect(waitFor.faults?.({ url: "y" })).toEqual([]);
  });
});
