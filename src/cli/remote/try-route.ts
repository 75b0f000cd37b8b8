/** One route to a host, by itself: a new connection, and the host's test command by it. */
import { collect } from "../../hosts/collect.ts";
import type { Hosts } from "../../hosts/connections.ts";
import type { Host } from "../../hosts/inventory.ts";
import { streamOf } from "../../hosts/ssh/stream.ts";
import { testOf, type Way } from "../../hosts/ways.ts";

/** Rejects with the reason why it does not work. */
export async function tryRoute(hosts: Hosts, host: Host, way: Way): Promise<void> {
  // Each hop has its time, and the command as much again.
  const hops = way.kind === "ssh" ? way.jumps.length + 1 : 1;
  const signal = AbortSignal.timeout(way.timeoutMs * (hops + 1));
  try {
    const reached = await hosts.attempt(host, way, { signal, say: () => {} });
    // A route without a connection has run it to be one.
    if (reached.kind === "runner") return;
    const { line } = reached;
    try {
      const { exitCode, stderr } = await collect(
        streamOf(await line.exec(testOf(host)), line, () => {}),
        { signal },
      );
      if (exitCode === 0) return;
      const last = stderr.toString().trim().split("\n").at(-1);
      throw new Error(`it lets us in, and its test command ended with ${exitCode}${last ? `: ${last}` : ""}`);
    } finally {
      line.end();
    }
  } catch (thrown) {
    if (signal.aborted) throw new Error(`no answer within ${(way.timeoutMs * (hops + 1)) / 1000} s`);
    throw thrown;
  }
}
