import { basename } from "node:path";
import type { Connections } from "../../hosts/connection.ts";
import { tidy } from "../../hosts/far/far-process.ts";
import { readFar } from "./running-far.ts";

/**
 * What proves the end of a process is not needed any more once that is recorded: it is removed there, in the
 * background. What can't be reached now is swept when it is a week old.
 */
export function forgetFar(connections: Connections, folders: readonly string[]): void {
  for (const folder of folders) {
    const note = readFar(folder);
    if (!note || note.isPlain) continue;
    const { host, user } = note;
    const signal = AbortSignal.timeout(longestMs);
    const options = { signal, control: true, ...(user !== undefined && { user }) };
    const { swept, underWay } = of(connections);
    // Once in an agent's life is often enough.
    const sweep = swept.size < swept.add(host).size;
    const forgotten = connections
      .use(host, options, (connection) => tidy(connection, basename(folder), { sweep, signal }))
      .catch(() => {})
      .finally(() => underWay.delete(forgotten));
    underWay.add(forgotten);
  }
}

/** Waits a moment for what is under way, before the connections are closed. */
export async function haveForgotten(connections: Connections): Promise<void> {
  const { underWay } = of(connections);
  const stop = AbortSignal.timeout(shortMs);
  const late = new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
  if (underWay.size > 0) await Promise.race([Promise.allSettled(underWay), late]);
}

const longestMs = 60_000;
const shortMs = 10_000;

type Forgetting = { swept: Set<string>; underWay: Set<Promise<void>> };
const forgetting = new WeakMap<Connections, Forgetting>();

function of(connections: Connections): Forgetting {
  const known = forgetting.get(connections) ?? { swept: new Set(), underWay: new Set() };
  forgetting.set(connections, known);
  return known;
}
