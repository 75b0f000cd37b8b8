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
    const sweep = isFirst(connections, host);
    void connections
      .use(host, options, (connection) => tidy(connection, basename(folder), { sweep, signal }))
      .catch(() => {});
  }
}

const longestMs = 60_000;

const swept = new WeakMap<Connections, Set<string>>();

/** Once in an agent's life is often enough. */
function isFirst(connections: Connections, host: string): boolean {
  const hosts = swept.get(connections) ?? new Set();
  swept.set(connections, hosts);
  return hosts.size < hosts.add(host).size;
}
