/** Runs something on a host, joined with this terminal; resolves to its exit code. */
import { problem } from "../../core/problem.ts";
import { Lost, NotSent } from "../../hosts/connection.ts";
import type { Hosts } from "../../hosts/connections.ts";
import { exitCodeOf, type Joining, joinStreams } from "./join-streams.ts";

export type There = Omit<Joining, "connection"> & {
  hosts: Hosts;
  host: string;
  /** The command that tells what became of it. */
  look: string;
};

/** Throws `host-…`, and `outcome-unknown` when the connection was cut. */
export async function runThere({ hosts, host, look, ...joined }: There): Promise<number> {
  const { terminal, line } = joined;
  const stop = new AbortController();
  const release = terminal.onSignal(() => stop.abort(leftBySignal(host)));
  try {
    return await hosts.use(host, { signal: stop.signal }, async (connection) => {
      release();
      return exitCodeOf(await joinStreams({ connection, ...joined }));
    });
  } catch (thrown) {
    throw whatItMeans(thrown, { host, line, look });
  } finally {
    release();
  }
}

const leftBySignal = (host: string) => problem({ kind: "left-by-signal", message: `left before ${host} was reached` });

function whatItMeans(thrown: unknown, { host, line, look }: Pick<There, "host" | "line" | "look">): unknown {
  if (thrown instanceof NotSent) return problem({ kind: "host-unreachable", host, why: thrown.message }, thrown);
  if (!(thrown instanceof Lost)) return thrown;
  if (line === null) return problem({ kind: "host-unreachable", host, why: thrown.message }, thrown);
  const next = `Look there before you run it again: ${look}`;
  return problem({ kind: "outcome-unknown", what: "it", why: thrown.message, next }, thrown);
}
