/** The control socket of another host's agent as a socket here: each connection is a `garza connect` there. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Transform } from "node:stream";
import { randomHex } from "../../core/ids.ts";
import type { Hosts } from "../../hosts/connections.ts";
import type { Host } from "../../hosts/inventory.ts";
import { farCommand } from "./far-command.ts";

export type Tunnel = {
  socket: string;
  /** Why the last connection did not get there: how `garza connect` ended, or what was thrown. Undefined: it did. */
  fault(): { exitCode: number | null } | Error | undefined;
  close(): Promise<void>;
};

/** The route carries no two ends. */
export class TakesNone extends Error {
  override name = "TakesNone";
}

/**
 * Connections are opened as they are asked for; one that leads nowhere is closed without an answer. Undefined: there is no
 * place for the socket.
 */
export async function openTunnel(hosts: Hosts, host: Host): Promise<Tunnel | undefined> {
  // 0700: whoever reaches the socket is the agent's master.
  const folder = await mkdtemp(join(tmpdir(), "garza-")).catch(() => undefined);
  if (folder === undefined) return undefined;
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
      if (!connection.takesInput) throw new TakesNone(`${connection.route} takes no input`);
      const mark = `garza-${randomHex(12)}`;
      const far = await connection.open(`echo ${mark}; ${farCommand(host, ["connect"])}`, { signal: stop.signal });
      far.stdin.on("error", () => {});
      far.stderr.resume();
      near.pipe(far.stdin);
      far.stdout.pipe(behind(mark)).pipe(near);
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
  } catch {
    await close();
    return undefined;
  }
  return { socket, fault: () => fault, close };
}

/** What a login shell prints of its own comes before the line with the mark. */
function behind(mark: string): Transform {
  let before: Buffer | undefined = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (!before) return done(null, chunk);
      before = Buffer.concat([before, chunk]);
      const at = before.indexOf(`${mark}\n`);
      if (at < 0) return done();
      const rest = before.subarray(at + mark.length + 1);
      before = undefined;
      return rest.length > 0 ? done(null, rest) : done();
    },
  });
}
