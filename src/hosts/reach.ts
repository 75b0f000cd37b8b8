/** The best way to a host: the last good one first, the next one a little later, the first to answer wins. */
import type { Duplex } from "node:stream";
import { GarzaError, messageOf, type Problem, problem } from "../core/problem.ts";
import type { Dialer } from "./dial.ts";
import type { Host, SshSettings } from "./inventory.ts";
import type { Reached } from "./pool.ts";
import { race } from "./race.ts";
import { openRunner } from "./runners.ts";
import { type HostSurroundings, timesOf } from "./surroundings.ts";
import { showEndpoint, type Way, waysTo } from "./ways.ts";

export type Reaching = {
  host: Host;
  user: string | undefined;
  /** It lies behind these, whatever the inventory says. */
  jumps: readonly string[];
  through(jumps: readonly string[], to: { address: string; port: number }, signal: AbortSignal): Promise<Duplex>;
  say(text: string): void;
  state: Reachability;
};

/** What is known of a host from before. */
export type Reachability = { good?: { label: string; at: number }; told: "primary" | "fallback" | "none" };

export type Reacher = {
  begin(): Reachability;
  reach(reaching: Reaching): Promise<Reached>;
  /** One way, without regard to the others. */
  attempt(reaching: Omit<Reaching, "state">, way: Way, signal: AbortSignal): Promise<Reached>;
};

/** A fallback goes first for so long; then the primary route gets another chance to. */
const preferMs = 5 * 60_000;

export function openReacher(surroundings: HostSurroundings, dialer: Dialer): Reacher {
  const { clock, inventory, say: log } = surroundings;
  const { headStartMs } = timesOf(surroundings);

  const attempt: Reacher["attempt"] = async ({ host, through, say }, way, signal) => {
    const route = way.label;
    if (way.kind !== "ssh") return { kind: "runner", runner: await openRunner(way, host, surroundings, signal), route };
    const dialing = { host: host.name, way, signal, say };
    const line = await dialer.dial({ ...dialing, through: (jumps, to) => through(jumps, to, signal) });
    return { kind: "line", line, route };
  };

  const round = async (reaching: Reaching, ways: readonly Way[], settings: SshSettings, failures: Failures) => {
    const { host, state } = reaching;
    const say = (text: string) => {
      log(`${host.name}: ${text}`);
      reaching.say(`${host.name}: ${text}`);
    };
    const started = clock.monotonic();
    const spent = () => `${Math.round(clock.monotonic() - started)} ms`;
    const [reached, at] = await race(
      ways.map((way) => ({ run: (stop: AbortSignal) => attempt({ ...reaching, say }, way, limited(way, stop)) })),
      {
        headStartMs,
        clock,
        signal: new AbortController().signal,
        onFailure(index, thrown) {
          const way = ways[index];
          if (!way) return true;
          const why = whyOf(thrown, way);
          failures.set(way.label, { why, thrown });
          if (ways.length > 1 || settings.logAllAttempts)
            say(`${way.label} failed after ${spent()}: ${firstLine(why)}`);
          return kindOf(thrown) === "host-key-changed";
        },
        discard: (late) => late.kind === "line" && late.line.end(),
      },
    );
    const way = ways[at];
    const isFallback = way !== undefined && way.label !== "primary";
    if (isFallback || settings.logAllAttempts) say(`reached by ${reached.route} in ${spent()}`);
    state.good = { label: reached.route, at: clock.monotonic() };
    tell(reaching, settings, isFallback ? "fallback" : "primary", reached.route);
    return reached;
  };

  const tell = ({ host, state }: Reaching, settings: SshSettings, now: Reachability["told"], route: string) => {
    const before = state.told;
    state.told = now;
    if (before === now || now === "primary") return;
    if (now === "fallback" && settings.notifyOnFallback)
      surroundings.notify?.({
        priority: "normal",
        title: `${host.name} is reached by a fallback`,
        message: `its primary route does not work; ${route} does. Look: garza ssh test ${host.name}`,
      });
    if (now === "none" && settings.notifyOnAllFailed)
      surroundings.notify?.({
        priority: "high",
        title: `${host.name} can't be reached`,
        message: `none of its routes works. Look: garza ssh test ${host.name}`,
      });
  };

  return {
    begin: () => ({ told: "primary" }),
    attempt,
    async reach(reaching) {
      const { host, user, jumps, state } = reaching;
      const settings = inventory().ssh();
      const { ways, skipped } = waysTo(host, settings, user);
      const all =
        jumps.length === 0 ? ways : ways.slice(0, 1).map((way) => (way.kind === "ssh" ? { ...way, jumps } : way));
      const failures: Failures = new Map();
      for (let rounds = 0; ; rounds++) {
        failures.clear();
        try {
          return await round(reaching, inOrder(all, state, settings, clock.monotonic()), settings, failures);
        } catch (thrown) {
          const isFinal = [...failures.values()].some(
            (each) => each.thrown instanceof GarzaError && isOurs(each.thrown),
          );
          if (kindOf(thrown) === "host-key-changed") throw thrown;
          if (!isFinal && rounds < settings.retries) {
            await clock.sleep(settings.retryDelayMs);
            continue;
          }
          tell(reaching, settings, "none", "");
          throw unreachable(host, all, skipped, failures);
        }
      }
    },
  };
}

type Failures = Map<string, { why: string; thrown: unknown }>;

const kindOf = (thrown: unknown): Problem["kind"] | undefined =>
  thrown instanceof GarzaError ? thrown.problem.kind : undefined;

/** What another try won't change. */
const isOurs = ({ problem: { kind } }: GarzaError) => kind === "host-key-unknown" || kind === "configuration";

const limited = (way: Way, stop: AbortSignal) => {
  // Each hop has its own limit; one more may come from OpenSSH's configuration.
  const hops = way.kind === "ssh" ? way.jumps.length + 2 : 1;
  return AbortSignal.any([stop, AbortSignal.timeout(way.timeoutMs * hops + 1_000)]);
};

function whyOf(thrown: unknown, way: Way): string {
  if (thrown instanceof Error && thrown.name === "TimeoutError") return `no answer within ${way.timeoutMs / 1000} s`;
  if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "host-unreachable") return messageOf(thrown);
  const { host, why, routes = [] } = thrown.problem;
  return `${host} can't be reached: ${routes.map((each) => each.why).join("; ") || why}`;
}

const firstLine = (text: string) => text.split("\n")[0] ?? "";

/** A fallback that worked goes first for a while, or for good where the direct way is not preferred. */
function inOrder(ways: readonly Way[], { good }: Reachability, { preferDirect }: SshSettings, now: number): Way[] {
  const first = ways.find(({ label }) => label === good?.label);
  if (!first || !good || (preferDirect && now - good.at > preferMs)) return [...ways];
  return [first, ...ways.filter((way) => way !== first)];
}

function unreachable(host: Host, ways: readonly Way[], skipped: { route: string; why: string }[], failures: Failures) {
  const only = ways.length === 1 ? failures.get(ways[0]?.label ?? "") : undefined;
  const ours = [...failures.values()]
    .map(({ thrown }) => thrown)
    .find((thrown) => kindOf(thrown) === "host-key-unknown");
  if (ours !== undefined) return ours;
  if (only && kindOf(only.thrown) === "configuration") return only.thrown;
  const routes = ways.map((way) => ({
    route: way.kind === "ssh" ? `${way.label}, ${showEndpoint(way.to)}` : way.label,
    why: firstLine(failures.get(way.label)?.why ?? "was not tried"),
  }));
  const why = routes.length === 1 ? "its only route fails" : `none of its ${routes.length} routes works`;
  return problem({ kind: "host-unreachable", host: host.name, why, routes: [...routes, ...skipped] });
}
