/** A step on another machine: a real server on loopback with a home of its own, behind a network that can be made bad. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { stepToken } from "../../src/core/ids.ts";
import type { RunningFar } from "../../src/engine/far/running-far.ts";
import { type FarStart, scriptPlace } from "../../src/hosts/far/far-process.ts";
import { connectionsTo, type TestConnections } from "./connections.ts";
import { killGroup } from "./running.ts";
import { type Sshd, type SshdOptions, type SshHome, sshHome, startSshd } from "./sshd.ts";
import { type BadLine, startProxy } from "./tcp-proxy.ts";

export type FarMachine = AsyncDisposable & {
  server: Sshd;
  proxy: BadLine;
  home: SshHome;
  /** Home of who logs in there. */
  there: string;
  hosts: TestConnections;
  /** As after a restart of the agent: nothing is known, nothing is open. */
  another(): TestConnections;
  /** The run folders there. */
  runs(): string[];
  /** Processes there that a run has started and that are still alive, by the script's own words. */
  marked(text: string): number[];
};

export async function farMachine({
  config = [],
  env = {},
}: Pick<Partial<SshdOptions>, "config" | "env"> = {}): Promise<FarMachine> {
  const home = sshHome();
  const there = realpathSync(mkdtempSync(join(tmpdir(), "garza-there-")));
  const server = await startSshd({ accepts: home, config, env: { HOME: there, ...env } });
  const proxy = await startProxy(server.port);
  home.trust({ port: proxy.port, hostKey: server.hostKey });
  const inventory = `hosts: { far: { local: false, primary: { host: 127.0.0.1, port: ${proxy.port}, user: ${server.user} } } }`;
  const opened: TestConnections[] = [];
  const another = () => {
    const hosts = connectionsTo(inventory, { home });
    opened.push(hosts);
    return hosts;
  };
  const base = join(there, ".cache/garza/run");
  return {
    server,
    proxy,
    home,
    there,
    hosts: another(),
    another,
    runs: () => (existsSync(base) ? readdirSync(base) : []),
    marked: (text) =>
      readdirSync("/proc").flatMap((pid) => {
        if (!/^\d+$/.test(pid)) return [];
        try {
          return readFileSync(`/proc/${pid}/environ`, "utf8").includes(text) ? [Number(pid)] : [];
        } catch {
          return [];
        }
      }),
    async [Symbol.asyncDispose]() {
      for (const hosts of opened) await hosts[Symbol.asyncDispose]();
      for (const name of existsSync(base) ? readdirSync(base) : []) endRun(join(base, name, "pid"));
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      home[Symbol.dispose]();
      rmSync(there, { recursive: true, force: true });
    },
  };
}

/** What runs there survives its line on purpose. */
function endRun(file: string): void {
  const [pid] = existsSync(file) && statSync(file).isFile() ? readFileSync(file, "utf8").split("\n") : [];
  if (/^\d+$/.test(pid ?? "")) killGroup(Number(pid));
}

export type FarStep = RunningFar & { warnings: string[]; said: string[]; handles: unknown[]; printed(): string };

/** `text` is for `sh`. */
export function farStep(
  machine: FarMachine,
  text: string,
  more: Partial<Omit<RunningFar, "start">> & { start?: Partial<FarStart> } = {},
): FarStep {
  const runs = join(machine.there, "local-runs");
  mkdirSync(runs, { recursive: true });
  const folder = join(runs, `${stepToken()}-0`);
  const [warnings, said, handles]: [string[], string[], unknown[]] = [[], [], []];
  const { start, ...rest } = more;
  return {
    name: "deploy",
    folder,
    out: `${folder}.out`,
    err: `${folder}.err`,
    signal: new AbortController().signal,
    timeoutMs: undefined,
    stepLimit: undefined,
    graceMs: 2_000,
    boot: undefined,
    mayRepeat: false,
    connections: machine.hosts,
    clock: systemClock,
    host: "far",
    user: undefined,
    become: undefined,
    start: { argv: ["sh", scriptPlace], script: text, env: {}, ...start },
    onStart: async (handle) => void handles.push(handle),
    warn: async (text) => void warnings.push(text),
    say: (text) => said.push(text),
    warnings,
    said,
    handles,
    printed: () => (existsSync(`${folder}.out`) ? readFileSync(`${folder}.out`, "utf8") : ""),
    ...rest,
  };
}
