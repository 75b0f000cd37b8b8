/** Makes one SSH connection by one way: who we are, whom we trust, and what carries the bytes. */
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { childEnvironment } from "../core/environment.ts";
import { GarzaError } from "../core/problem.ts";
import { type Gate, openGate } from "./gate.ts";
import { commandStream, fillCommand } from "./sockets.ts";
import { authMethods } from "./ssh/keys.ts";
import { type Line, openLine } from "./ssh/line.ts";
import { type OpenSshConfig, openSshConfig } from "./ssh/openssh-config.ts";
import { trustIn } from "./ssh/trust.ts";
import { type HostSurroundings, timesOf } from "./surroundings.ts";
import type { SshWay } from "./ways.ts";

export type Dialing = {
  /** As people call it. */
  host: string;
  way: SshWay;
  signal: AbortSignal;
  say(text: string): void;
  /** A connection from the last of these hosts to an address. */
  through(jumps: readonly string[], to: { address: string; port: number }): Promise<Duplex>;
};

export type Dialer = {
  dial(dialing: Dialing): Promise<Line>;
  /** What a way comes to when OpenSSH's configuration has had its say. */
  resolve(way: SshWay): Promise<Resolved>;
  /** What carries SSH there. */
  carrier(dialing: Pick<Dialing, "way" | "through">, resolved: Resolved): Promise<Duplex>;
};

export type Resolved = { config: OpenSshConfig; jumps: readonly string[]; command?: string };

/** Unauthenticated connections that a server gets at once; its MaxStartups begins to refuse at ten. */
const handshakesAtOnce = 6;
/** A server that refuses one for that reason takes it a little later. */
const dropped = /closed the connection/;
const mostTries = 6;

export function openDialer(surroundings: HostSurroundings): Dialer {
  const { env, root, data, secret, inventory, clock } = surroundings;
  const { keepaliveMs } = timesOf(surroundings);
  const gates = new Map<string, Gate>();
  const gateTo = (address: string) => {
    const known = gates.get(address) ?? openGate(() => handshakesAtOnce);
    gates.set(address, known);
    return known;
  };

  const resolve = async (way: SshWay): Promise<Resolved> => {
    const config = await openSshConfig(way.to, env);
    const isOwn = way.jumps.length > 0 || way.command !== undefined;
    const command = isOwn ? way.command : config.proxyCommand;
    return { config, jumps: isOwn ? way.jumps : config.jumps, ...(command !== undefined && { command }) };
  };

  const carrier: Dialer["carrier"] = async ({ way, through }, { config, jumps, command }) => {
    const { address, port, user } = config;
    if (command !== undefined)
      return commandStream(
        fillCommand(command, { address, port, user, name: way.to.host }),
        childEnvironment(env),
        root,
      );
    if (jumps.length > 0) return through(jumps, { address, port });
    return connectTcp({ host: address, port });
  };

  const dialOnce = async (dialing: Dialing): Promise<Line> => {
    const { host, way, signal, say } = dialing;
    const resolved = await resolve(way);
    const { config } = resolved;
    const settings = inventory().ssh();
    const trust = trustIn({ host, config, checking: settings.keyChecking, lock: knownHostsLock(data), say });
    const { methods, notes } = await authMethods({
      user: config.user,
      config,
      name: way.to.keyName,
      named: settings.keys,
      root,
      home: env.HOME,
      secret,
    });
    const leave = await gateTo(`${config.address}:${config.port}`).enter(signal);
    try {
      return await openLine({
        connect: () => carrier(dialing, resolved),
        user: config.user,
        methods,
        verify: trust.verify,
        ...(trust.kinds && { hostKeys: trust.kinds }),
        timeoutMs: way.timeoutMs,
        keepaliveMs,
        signal,
      });
    } catch (thrown) {
      throw withNotes(thrown, config.user, notes);
    } finally {
      leave();
    }
  };

  return {
    resolve,
    carrier,
    async dial(dialing) {
      const until = clock.monotonic() + dialing.way.timeoutMs;
      for (let tries = 1; ; tries++) {
        try {
          return await dialOnce(dialing);
        } catch (thrown) {
          const isDropped = !(thrown instanceof GarzaError) && thrown instanceof Error && dropped.test(thrown.message);
          if (!isDropped || tries === mostTries || clock.monotonic() > until || dialing.signal.aborted) throw thrown;
          // Not all at once again.
          await clock.sleep(50 * 2 ** tries * (0.5 + Math.random()), dialing.signal);
        }
      }
    },
  };
}

export const knownHostsLock = (data: string) => join(data, "known-hosts.lock");

/** Where no key was accepted, those that could not even be shown are of interest. */
function withNotes(thrown: unknown, user: string, notes: readonly string[]): unknown {
  if (!(thrown instanceof Error) || !thrown.message.startsWith("permission denied")) return thrown;
  const message = `permission denied: it accepts no key of ours for ${user}`;
  return new Error([message, ...notes].join("; "), { cause: thrown });
}
