/** A step run by itself: the real language, real processes and real HTTP over a temporary root. */
import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { sendRequest } from "../../src/core/http.ts";
import { problem } from "../../src/core/problem.ts";
import { loadSettings } from "../../src/core/settings.ts";
import type { Mapping, Value } from "../../src/core/value.ts";
import { configure } from "../../src/engine/configure.ts";
import { renderingOf } from "../../src/engine/rendering.ts";
import type { Inventory } from "../../src/hosts/inventory.ts";
import type { Services } from "../../src/hosts/services.ts";
import type { NestedOutcome, ProcessRequest, StepContext, StepOutcome, StepType } from "../../src/steps/step.ts";
import { Scope } from "../../src/template/scope.ts";
import type { Template } from "../../src/template/template.ts";

/** What the world of one step is to be; everything has a plain default. */
export type Surroundings = Partial<Omit<StepContext, "nested" | "services" | "remainingMs">> & {
  /** Names that `${…}` sees. */
  names?: Mapping;
  secrets?: Record<string, string>;
  /** The registry. */
  services?: Record<string, Mapping>;
  /** Time limit, counted by the clock. */
  limitMs?: number;
  /** What the nested lists do, by key; `at` is `[0]`, `#1` or empty. */
  nested?: Record<string, Nested>;
};
export type Nested = (run: { scope: Scope; at: string; signal: AbortSignal }) => Promise<NestedOutcome> | NestedOutcome;
export type Heard = { said: string[]; warned: string[] };

export const ok: NestedOutcome = { kind: "done" };

/** A context for `type.run`, with what the step said and warned of. */
export function stepContext(given: Surroundings = {}): StepContext & Heard {
  const { names = {}, secrets = {}, services = {}, limitMs, nested = {}, clock = systemClock, ...rest } = given;
  const root = rest.root ?? temporaryRoot();
  const registry = servicesOf(services);
  const heard: Heard = { said: [], warned: [] };
  const scope = rest.scope ?? scopeOf(names, registry, secrets, rest.env ?? {}, clock);
  const signal = rest.signal ?? new AbortController().signal;
  const deadline = limitMs === undefined ? undefined : clock.monotonic() + limitMs;
  const unused = (what: string) => () => {
    throw new Error(`this test gave no ${what}`);
  };
  return {
    ...renderingOf({ template: emptyTemplate, root, scope, where: "step", warn: (text) => heard.warned.push(text) }),
    operation: { id: "op_TEST", name: "test", type: "deploy" },
    root,
    key: "steps/step",
    name: "step",
    attempt: 1,
    token: "0123456789abcdef01234567",
    startedAt: clock.now(),
    signal,
    remainingMs: () => (deadline === undefined ? undefined : Math.max(0, deadline - clock.monotonic())),
    rollingBack: false,
    clock,
    inventory,
    connections: { use: unused("connections"), close: async () => {} },
    services: registry,
    state: {
      read: unused("state"),
      get: unused("state"),
      preview: unused("state"),
      update: unused("state"),
      append: unused("state"),
    },
    locks: {
      acquire: unused("locks"),
      release: unused("locks"),
      settled: unused("locks"),
      holder: unused("locks"),
    },
    publish: async () => null,
    withHistory: (_, work) => work(),
    notifier: { send: unused("notifier"), deliverPending: unused("notifier"), channels: () => [] },
    settings: loadSettings({ root, data: root }, rest.env ?? {}),
    env: {},
    secret: (name) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined),
    spawn: (request) => ("host" in request ? unused("other machines")() : spawn(request, signal)),
    http: (request) => sendRequest(request, signal),
    say: (text) => heard.said.push(text),
    warn: (text) => heard.warned.push(text),
    nestedKeys: Object.keys(nested),
    loop: () => undefined,
    resultsAreRead: false,
    looks: 0,
    wasLeftOpen: () => false,
    async nested(key, options = {}) {
      const both = options.signal ? AbortSignal.any([signal, options.signal]) : signal;
      return (await nested[key]?.({ scope: options.scope ?? scope, at: options.at ?? "", signal: both })) ?? ok;
    },
    loadOperation: unused("operations"),
    ask: async () => null,
    ...rest,
    ...heard,
  };
}

/** Fills in and checks the keys as the engine does, then runs the step. */
export async function runStep(
  type: StepType,
  keys: Mapping,
  context: StepContext = stepContext(),
): Promise<StepOutcome> {
  return await type.run(configured(type, keys, context), context);
}

/** The keys as the step gets them. Throws `value-refused`. */
export function configured(type: StepType, keys: Mapping, context: StepContext = stepContext()): unknown {
  const place = { file: "test.yml", line: 1, column: 1 };
  const step = { type: "step", name: "step", id: "steps/step", options: {}, config: keys, nested: {}, undo: [], place };
  return configure(step, type, context);
}

/** Time that moves by sleeping alone. */
export function steppingClock(start = 1_700_000_000_000): Clock & { slept: number[] } {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    monotonic: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
}

export const temporaryRoot = () => realpathSync(mkdtempSync(join(tmpdir(), "garza-step-")));

const unusedSettings = () => {
  throw new Error("this test gave no SSH settings");
};

/** `here` is this machine, `far` is another one. */
const inventory: Inventory = {
  names: () => ["here", "far"],
  ssh: unusedSettings,
  aliased: () => undefined,
  find(host) {
    if (host === "here") return { name: host, local: true };
    if (host === "far" || host.includes(".")) return { name: host, local: false };
    throw problem({ kind: "host-unknown", host, nearest: [] });
  },
};

function servicesOf(entries: Record<string, Mapping>): Services {
  return {
    entry: (name) => (Object.hasOwn(entries, name) ? entries[name] : undefined),
    group: () => [],
    names: () => Object.keys(entries),
    groupNames: () => [],
  };
}

function scopeOf(
  names: Mapping,
  services: Services,
  secrets: Record<string, string>,
  env: Readonly<Record<string, string>>,
  clock: Clock,
): Scope {
  const scope = new Scope({
    builtIn: {},
    env: (name) => env[name],
    secret: (name) => secrets[name],
    service: (name) => services.entry(name),
    lockToken: () => undefined,
    now: () => clock.now(),
  });
  for (const [name, value] of Object.entries(names) as [string, Value][]) scope.set(name, value);
  return scope;
}

async function spawn(request: ProcessRequest, signal: AbortSignal) {
  const { run, directory, env, stdin } = request;
  const command = "script" in run ? [run.shell, "-c", run.script.text] : [run.program, ...run.args];
  const child = Bun.spawn(command, {
    cwd: directory,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...env },
    stdin: new TextEncoder().encode(stdin ?? ""),
    stdout: "pipe",
    stderr: "pipe",
    signal,
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  return {
    exitCode: child.exitCode,
    signal: child.signalCode === null ? null : String(child.signalCode),
    stdout,
    stderr,
  };
}

const emptyTemplate: Template = {
  name: "test",
  file: "test.yml",
  text: "",
  operation: { name: "test", type: "deploy", description: "" },
  parameters: [],
  prerequisites: [],
  steps: [],
  rollback: { enabled: true, steps: [] },
  notifications: { on_start: [], on_success: [], on_failure: [], on_complete: [], on_critical_failure: [] },
  triggers: [],
};
