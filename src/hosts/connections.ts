/** Every way to every host, opened when it is needed and shared by all who work there. */
import { PassThrough, Writable } from "node:stream";
import type { SFTPWrapper } from "ssh2";
import { collect } from "./collect.ts";
import {
  type Connection,
  type Connections,
  NotSent,
  type Pty,
  type RemoteStream,
  type UseOptions,
} from "./connection.ts";
import { type Dialing, openDialer } from "./dial.ts";
import { type Gate, openGate } from "./gate.ts";
import type { Host } from "./inventory.ts";
import { openPool, type Pool, type Reached, type Wish } from "./pool.ts";
import { openReacher } from "./reach.ts";
import type { Runner } from "./runner.ts";
import type { Line } from "./ssh/line.ts";
import type { OpenSshConfig } from "./ssh/openssh-config.ts";
import { scanKeys } from "./ssh/scan.ts";
import { streamOf } from "./ssh/stream.ts";
import { type HostSurroundings, timesOf } from "./surroundings.ts";
import { jumpHost, type SshWay, type Way, without } from "./ways.ts";

/** Besides working on hosts: looking at each way by itself. */
export type Hosts = Connections & {
  /** A new connection by this way alone, whatever is open. */
  attempt(host: Host, way: Way, options: { signal: AbortSignal; say(text: string): void }): Promise<Reached>;
  /** The keys that the host shows by this way, with what is known of it; none of them is trusted by that. */
  shownKeys(way: SshWay, signal: AbortSignal): Promise<ShownKeys>;
};

export const openConnections = (surroundings: HostSurroundings): Connections => openHosts(surroundings);

export function openHosts(surroundings: HostSurroundings): Hosts {
  const { clock, inventory } = surroundings;
  const dialer = openDialer(surroundings);
  const reacher = openReacher(surroundings, dialer);
  const { idleMs, silentMs } = timesOf(surroundings);
  const pools = new Map<string, Pool>();
  const gates = new Map<string, Gate>();
  const limits = new Map<string, number>();

  /** `chain`: the hosts that are being reached by way of this one. */
  const poolTo = (host: Host, user: string | undefined, jumps: readonly string[], chain: readonly string[]): Pool => {
    const here = without(host, [...chain, host.name]);
    const key = JSON.stringify([here, user, jumps, inventory().ssh()]);
    const known = pools.get(key);
    if (known) return known;
    const through = reacherThrough([...chain, host.name]);
    const state = reacher.begin();
    const pool = openPool({
      clock,
      idleMs,
      silentMs,
      reach: (say) => reacher.reach({ host: here, user, jumps, through, say, state }),
    });
    pools.set(key, pool);
    return pool;
  };

  const reacherThrough =
    (chain: readonly string[]) =>
    async (jumps: readonly string[], to: { address: string; port: number }, signal: AbortSignal) => {
      const last = jumpHost(jumps.at(-1) ?? "", inventory());
      const pool = poolTo(last, undefined, jumps.slice(0, -1), chain);
      const { opened, leave } = await pool.begin({ purpose: "forward", signal, say: () => {} }, (line) =>
        line.forward(to.address, to.port),
      );
      opened.on("error", () => {});
      opened.once("close", leave);
      return opened;
    };

  /** As many as the inventory says by now. */
  const gateOf = ({ name, max_concurrent = Number.POSITIVE_INFINITY }: Host): Gate => {
    limits.set(name, max_concurrent);
    const known = gates.get(name) ?? openGate(() => limits.get(name) ?? Number.POSITIVE_INFINITY);
    gates.set(name, known);
    return known;
  };

  return {
    async use(name, options, work) {
      const { signal, user, control = false } = options;
      signal.throwIfAborted();
      const host = inventory().find(name);
      const leave = control ? () => {} : await gateOf(host).enter(signal);
      try {
        const pool = poolTo(host, user, [], []);
        const wish = wishOf(options);
        return await work(connectionBy(pool, host.name, await pool.current(wish), wish));
      } finally {
        leave();
      }
    },
    attempt: (host, way, { signal, say }) =>
      reacher.attempt({ host, user: undefined, jumps: [], through: reacherThrough([host.name]), say }, way, signal),
    async shownKeys(way, signal) {
      const resolved = await dialer.resolve(way);
      const through: Dialing["through"] = (jumps, to) => reacherThrough([])(jumps, to, signal);
      const { user } = resolved.config;
      const connect = () => dialer.carrier({ way, through }, resolved);
      return { config: resolved.config, keys: await scanKeys({ connect, user, timeoutMs: way.timeoutMs, signal }) };
    },
    async close() {
      for (const pool of pools.values()) pool.close();
      pools.clear();
    },
  };
}

export type ShownKeys = { config: OpenSshConfig; keys: readonly Buffer[] };

const wishOf = ({ signal, control = false, say = () => {} }: UseOptions): Wish => ({
  purpose: control ? "control" : "work",
  signal,
  say,
});

/** Begun by one route, it goes on by whichever is open when the next command comes. */
function connectionBy(pool: Pool, host: string, first: Reached, wish: Wish): Connection {
  let now = first;
  const look = async (signal = wish.signal) => {
    now = await pool.current({ ...wish, signal });
    return now;
  };
  const begin = async (
    line: string | null,
    signal: AbortSignal,
    { pty, quits }: { pty?: Pty | undefined; quits?: AbortSignal | undefined } = {},
  ) => {
    const start = (one: Line) => (line === null ? one.shell(pty) : one.exec(line, pty));
    const begun = await pool.begin({ ...wish, signal, quits }, start, ({ channel }) => channel.close());
    return streamOf(begun.opened, begun.line, begun.leave);
  };
  return {
    host,
    get route() {
      return now.route;
    },
    get takesInput() {
      return now.kind === "line";
    },
    async open(line, { pty, signal = wish.signal } = {}) {
      const way = await look(signal);
      if (way.kind === "runner" && line === null) throw new NotSent(`${way.route} has no terminal`);
      if (way.kind === "runner") return printed(way.runner, line ?? "", signal);
      const stream = await begin(line, signal, { pty });
      const abort = () => stream.close();
      signal.addEventListener("abort", abort, { once: true });
      void stream.ended.catch(() => {}).finally(() => signal.removeEventListener("abort", abort));
      if (signal.aborted) abort();
      return stream;
    },
    async exec(line, options = {}) {
      const { signal = wish.signal, quits, limit } = options;
      const way = await look(quits ? AbortSignal.any([signal, quits]) : signal);
      if (way.kind === "line") {
        const stream = await begin(line, signal, { quits });
        if (quits?.aborted) stream.close();
        quits?.throwIfAborted();
        return collect(stream, { ...options, signal });
      }
      if (options.stdin !== undefined && options.stdin.length > 0) throw new NotSent(`${way.route} takes no input`);
      return way.runner.run(line, { signal, ...(limit !== undefined && { limit }) });
    },
    async sftp() {
      const { opened, leave } = await pool.begin(
        { ...wish, quits: wish.signal },
        (one) => one.sftp(),
        (late) => late.end(),
      );
      // The library's types know the end by another name than the library.
      (opened as SFTPWrapper & NodeJS.EventEmitter).once("close", leave);
      return opened;
    },
  };
}

/** Its output comes when it has ended. */
function printed(runner: Runner, line: string, signal: AbortSignal): RemoteStream {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const ended = runner.run(line, { signal }).then(
    (result) => {
      stdout.end(result.stdout);
      stderr.end(result.stderr);
      return { exitCode: result.exitCode, signal: result.signal };
    },
    (thrown: unknown) => {
      stdout.end();
      stderr.end();
      throw thrown;
    },
  );
  ended.catch(() => {});
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return { stdin: nowhere, stdout, stderr, ended, resize() {}, signal() {}, close() {} };
}
