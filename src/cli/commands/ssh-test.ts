import type { Clock } from "../../core/clock.ts";
import { describe, GarzaError, messageOf } from "../../core/problem.ts";
import type { Host } from "../../hosts/inventory.ts";
import { showEndpoint, type Way, waysTo } from "../../hosts/ways.ts";
import type { Command } from "../command.ts";
import { duration, json, oneLine, type Paint, paintFor, table } from "../output.ts";
import { type OpenHosts, withHosts } from "../remote/open-hosts.ts";
import { tryRoute } from "../remote/try-route.ts";

type Route = { route: string; address: string | null; ok: boolean; ms: number | null; why: string | null };
type Tested = { host: string; local: boolean; reachable: boolean; routes: Route[] };

export const test: Command = {
  name: "ssh test",
  takes: "[...hosts]",
  summary: "Try every route to every host at once, and say why one does not work",
  about: "Runs the host's test_command by each route. Ends with exit code 69 when a host can't be reached at all.",
  options: [],
  examples: [
    "garza ssh test",
    "garza ssh test web1 web2",
    "garza ssh test --json | jq '.[] | select(.reachable | not)'",
  ],
  staysHere: true,
  run: (call) =>
    withHosts(call, async (open) => {
      const { args, flag, terminal } = call;
      const names = args.length > 0 ? [...new Set(args)] : open.inventory.names();
      const wanted = names.map((name) => open.inventory.find(name));
      const tested = await Promise.all(wanted.map((host) => testHost(open, host, terminal.clock)));
      const isGood = tested.every(({ local, reachable }) => local || reachable);
      terminal.out.write(flag("json") ? json(tested) : shown(tested, paintFor(terminal.out, terminal.env)));
      return isGood ? 0 : 69;
    }),
};

async function testHost({ hosts, inventory }: OpenHosts, host: Host, clock: Clock): Promise<Tested> {
  if (host.local && !host.primary) return { host: host.name, local: true, reachable: true, routes: [] };
  const { ways, skipped } = waysTo(host, { ...inventory.ssh(), autoFallback: true });
  const tried = await Promise.all(ways.map((way) => testRoute(hosts, host, way, clock)));
  const others = skipped.map(({ route, why }): Route => ({ route, address: null, ok: false, ms: null, why }));
  const routes = [...tried, ...others];
  return { host: host.name, local: host.local, reachable: routes.some(({ ok }) => ok), routes };
}

async function testRoute(hosts: OpenHosts["hosts"], host: Host, way: Way, clock: Clock): Promise<Route> {
  const address = way.kind === "ssh" ? showEndpoint(way.to) : null;
  const started = clock.monotonic();
  const spent = () => Math.round(clock.monotonic() - started);
  try {
    await tryRoute(hosts, host, way);
    return { route: way.label, address, ok: true, ms: spent(), why: null };
  } catch (thrown) {
    const why = thrown instanceof GarzaError ? describe(thrown.problem) : messageOf(thrown);
    return { route: way.label, address, ok: false, ms: spent(), why };
  }
}

function shown(tested: readonly Tested[], paint: Paint): string {
  if (tested.length === 0) return "there are no hosts in infra/hosts.yml\n";
  const rows = tested.flatMap(({ host, local, routes }) => {
    if (routes.length === 0) return [[paint.strong(oneLine(host)), "", paint.faint(local ? "this machine" : "")]];
    return routes.map(({ route, address, ok, ms, why }, at) => [
      at === 0 ? paint.strong(oneLine(host)) : "",
      ok ? paint.good("ok") : paint.bad("FAIL"),
      oneLine([route, address].filter(Boolean).join(", ")),
      ms === null ? "" : duration(ms),
      oneLine(why ?? ""),
    ]);
  });
  const others = tested.filter(({ local }) => !local);
  const lost = others.filter(({ reachable }) => !reachable).length;
  return `${table(rows)}\n\n${others.length - lost} of ${others.length} hosts reached\n`;
}
