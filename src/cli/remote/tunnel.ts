/** The control socket of another host's agent as a socket here: each connection is a `garza connect` there. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hosts } from "../../hosts/connections.ts";
import type { Host } from "../../hosts/inventory.ts";
import { farCommand } from "./far-command.ts";

export type Tunnel = {
  socket: string;
  /** Why the last connection did not get there: how `garza connect` ended, or what was thrown. Undefined: it did. */
  fault(): { exitCode: number | null } | Error | undefined;
  close(): Promise<void>;
};

/** Connections are opened as they are asked for; one that leads nowhere is closed without an answer. */
export async function openTunnel(hosts: Hosts, host: Host): Promise<Tunnel> {
  // 0700: whoever reaches the socket is the agent's master.
  const folder = await mkdtemp(join(tmpdir(), "garza-"));
  const socket = join(folder, "on.sock");
  const stop = new AbortController();
  let fault: ReturnType<Tunnel["fault"]>;
  const server = createServer({ allowHalfOpen: true }, (near) => {
    near.on("error", () => {});
    void joinWith(near)
      .catch((thrown: Error) => {
        fault = thrown;
      })
      .finally(() => near.destroySoon());
  });

  const joinWith = (near: Socket) =>
    // Not counted: a step that is followed there, and a cancel, must not wait for each other.
    hosts.use(host.name, { signal: stop.signal, control: true, say: () => {} }, async (connection) => {
      if (!connection.takesInput) throw new Error(`${connection.route} takes no input`);
      const far = await connection.open(farCommand(host, ["connect"]), { signal: stop.signal });
      far.stdin.on("error", () => {});
      far.stderr.resume();
      near.pipe(far.stdin);
      far.stdout.pipe(near);
      near.once("close", () => far.close());
      const { exitCode } = await far.ended;
      fault = exitCode === 0 ? undefined : { exitCode };
    });

  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(socket, listening.resolve);
  const close = async () => {
    stop.abort(new Error("it is not needed any more"));
    server.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await listening.promise;
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { socket, fault: () => fault, close };
}
