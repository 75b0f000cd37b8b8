import { connect as connectTo } from "node:net";
import { socketPlace } from "../../agent/socket-place.ts";
import { translate } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import type { Command } from "../command.ts";
import { definedEnv, openPlaces } from "../open.ts";

export const connect: Command = {
  name: "connect",
  takes: "",
  summary: "Join standard input and output to the agent's control socket",
  about: [
    "For programs that speak to the agent of another host (HTTP, see garza help api) by a command of theirs:",
    "ssh HOST garza connect. Ends when either side does. No agent: exit code 69, and nothing was written.",
  ].join("\n"),
  options: [],
  examples: [
    "garza connect",
    "printf 'GET /v1/agent HTTP/1.1\\r\\nHost: garza\\r\\nConnection: close\\r\\n\\r\\n' | garza connect",
  ],
  staysHere: true,
  async run(call) {
    const places = openPlaces(call);
    const { currentOwner } = await import("../../store/owner.ts");
    const path = currentOwner(places.data)?.socket ?? socketPlace(places, definedEnv(call.terminal));
    return join(path);
  },
};

const nobodyThere = new Set(["ENOENT", "ENOTDIR", "ECONNREFUSED", "ENAMETOOLONG"]);

/** Half-closed as each side wishes: a request may end long before its answer. */
function join(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connectTo({ path, allowHalfOpen: true });
    let isUp = false;
    socket.once("connect", () => {
      isUp = true;
      process.stdin.pipe(socket);
      socket.pipe(process.stdout, { end: false });
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (isUp) reject(translate(error, path));
      else if (nobodyThere.has(error.code ?? "")) reject(problem({ kind: "no-agent", socket: path }));
      else reject(translate(error, path));
    });
    // Nobody is left to read: what would be sent to them must not be waited for.
    for (const event of ["error", "close"]) process.stdout.once(event, () => socket.destroy());
    socket.once("end", () => resolve(0));
    socket.once("close", () => resolve(0));
  });
}
