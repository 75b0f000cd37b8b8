/** Whoever owns the data folder now: an agent with a socket, or this command itself. */
import type { Agent, AgentOptions } from "../agent/agent.ts";
import { socketPlace } from "../agent/socket-place.ts";
import type { GarzaClient } from "../api/client.ts";
import type { AgentNote, Control } from "../api/control.ts";
import { alarm } from "../core/clock.ts";
import type { Places } from "../core/config.ts";
import { GarzaError, problem } from "../core/problem.ts";
import { definedEnv } from "./open.ts";
import { time } from "./output.ts";
import type { Terminal } from "./terminal.ts";

export type Reached = { kind: "agent"; client: GarzaClient; note: AgentNote } | { kind: "own"; agent: Agent };

type Own = Omit<AgentOptions, "places" | "env" | "clock" | "builtIn" | "waits">;

/** Becomes the owner, or reaches the one that serves; waits for one that only writes and leaves. */
export async function reach(places: Places, terminal: Terminal, own: Own): Promise<Reached> {
  const { startAgent } = await import("../agent/agent.ts");
  const { builtIn } = await import("../template/built-in.ts");
  let served: Reached | undefined;
  const { clock } = terminal;
  const surrounding = { places, env: definedEnv(terminal), clock, builtIn };
  let asked = clock.monotonic();
  let silentMs = 0;
  let isTold = false;
  const tell = (owner: AgentNote | null) => {
    isTold = true;
    own.say(`waiting for ${nameOf(owner)}, which has ${places.data}. Ctrl-C gives up`);
  };
  const agent = await startAgent({
    ...surrounding,
    ...own,
    async waits(owner) {
      // The note may be gone or garbage beside an agent that is well.
      const socket = owner ? owner.socket : socketPlace(places, surrounding.env);
      // One that was stopped accepts, and says nothing.
      const callOff = isTold ? () => {} : alarm(tellAfterMs, () => tell(owner));
      served = socket === null ? undefined : await answering(socket).finally(callOff);
      callOff();
      if (served) return false;
      // A machine that stood still has given the owner no time either.
      silentMs += Math.min(clock.monotonic() - asked, mostBetweenMs);
      asked = clock.monotonic();
      if (socket !== null && silentMs > mostSilentMs) throw silent(places, owner, socket);
      if (silentMs > tellAfterMs && !isTold) tell(owner);
      return true;
    },
  });
  if (agent) return { kind: "own", agent };
  if (served) return served;
  throw new Error("the owner of the data folder was neither waited for nor reached");
}

const tellAfterMs = 1_000;
/** Between the death of an owner and the next, and from owning the folder to serving it, little time passes. */
const mostSilentMs = 5_000;
const mostBetweenMs = 500;

const nameOf = (owner: AgentNote | null) => (owner ? `${owner.command} (process ${owner.pid})` : "another process");

const silent = ({ data }: Places, owner: AgentNote | null, socket: string) =>
  problem({
    kind: "busy",
    what: `${nameOf(owner)} has ${data}, and does not answer at ${socket}`,
    next: owner
      ? `If it hangs: kill ${owner.pid}, then garza agent`
      : "Find it (ps aux | grep garza) and end it, then: garza agent",
  });

/** Undefined: nobody answers there (any more). */
async function answering(socket: string): Promise<Reached | undefined> {
  const { openClient } = await import("../api/client.ts");
  const client = openClient({ socket });
  try {
    return { kind: "agent", client, note: await client.agent() };
  } catch (thrown) {
    if (thrown instanceof GarzaError && thrown.problem.kind === "no-agent") return undefined;
    throw thrown;
  }
}

/** For what is only written: an agent's control, or our own for as long as it takes. Nothing is run by us then. */
export async function withControl<Result>(
  places: Places,
  terminal: Terminal,
  work: (control: Control, agent: AgentNote | null) => Promise<Result>,
  offline = false,
): Promise<Result> {
  const reached = await reach(places, terminal, {
    command: "garza queue",
    workers: 0,
    serves: "never",
    offline,
    say: (message) => terminal.err.write(`garza: ${message}\n`),
    onBug: (thrown) => {
      throw thrown;
    },
  });
  if (reached.kind === "agent" && offline) throw notOffline(reached.note);
  if (reached.kind === "agent") return work(reached.client, reached.note);
  try {
    return await work(reached.agent.control, null);
  } finally {
    await reached.agent.leave(0);
  }
}

export const notOffline = ({ command, pid }: AgentNote) =>
  problem({
    kind: "not-allowed",
    what: `--offline works without an agent, and ${command} (process ${pid}) runs here, whose locks are shared`,
    next: "Stop it: garza agent stop; or leave --offline out",
  });

/** Throws `busy`, saying who has the folder. */
export function refuseOwner({ command, pid, since }: AgentNote): never {
  throw problem({
    kind: "busy",
    what: `${command} (process ${pid}, since ${time(since)}) serves this repository already`,
    next: "Look: garza status",
  });
}
