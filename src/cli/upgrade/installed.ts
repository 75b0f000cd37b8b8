/** The agent and its program as they are, before another program takes its place. */
import { readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ServicePlace } from "../../agent/service/service.ts";
import type { Places } from "../../core/config.ts";
import type { User } from "../../core/drop-root.ts";
import { statOf } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import { currentOwner, type Owner } from "../../store/owner.ts";
import type { Call } from "../command.ts";
import { ownProgram } from "../merge-driver.ts";
import { openPlaces } from "../open.ts";
import { oneLine } from "../output.ts";
import { mustCall } from "../service/call.ts";
import { callsFor, serviceOf } from "../service/homes.ts";
import { ownerOf } from "../service/owner-of.ts";
import { type Answer, ask } from "./ask-program.ts";
import { placeOf } from "./swap.ts";
import { type Health, watchHealth } from "./watch-health.ts";

export type Installed = {
  places: Places;
  /** The place of the program, and what is in it. */
  program: string;
  /** The program that runs this command: it may be the one before. */
  self: string;
  service: ServicePlace | undefined;
  agent: Owner | null;
  owner: User;
  say(what: string): void;
  /** Asks a program something as the owner of the repository, so that nothing of theirs becomes root's. */
  ask(program: string, ...words: string[]): Answer;
  /** A folder of the owner's in the data folder, gone afterwards. */
  inFolder<T>(work: (folder: string) => T): T;
  /** Ends the agent. Steps stay under their wrappers. */
  drain(): void;
  /** Starts the service, and watches it. Null: there is none, and whoever ran the agent starts the next. */
  startAndWatch(forMs: number): Promise<Health | null>;
};

/** Throws `not-allowed`, `busy`, `usage` where this is no place to change the program. */
export function openInstalled(call: Call): Installed {
  const { terminal } = call;
  const { env, clock } = terminal;
  const places = openPlaces(call);
  const self = ownProgram();
  if (self === undefined) throw problem({ kind: "usage", message: "this garza is run from its source" });
  const program = placeOf(self);
  const service = serviceOf(places.root, terminal);
  const owner = ownerOf(places.root, env.PATH);
  const user = process.getuid?.();
  if (service?.scope === "system" ? user !== 0 : user !== owner.uid) {
    const next = service?.scope === "system" ? "Let root do it: sudo garza agent upgrade …" : `Run it as ${owner.name}`;
    throw problem({ kind: "not-allowed", what: `the agent of ${places.root} is not yours to restart`, next });
  }
  const agent = currentOwner(places.data);
  refuseOtherProgram(agent, program);
  if (agent && !service) {
    const next = "Stop it first (garza agent stop), and start it again afterwards";
    throw problem({ kind: "busy", what: `${agent.command} (process ${agent.pid}) runs without a service`, next });
  }
  const asOwner = owner.uid === user ? {} : { user: { uid: owner.uid, gid: owner.gid } };
  const about = ["--root", places.root];
  const asked = { ...env, HOME: owner.home, USER: owner.name, GARZA_HOME: places.data };
  const askAs = (which: string, ...words: string[]) => ask({ program: which, env: asked, ...asOwner }, ...words);

  return {
    places,
    program,
    self,
    service,
    agent,
    owner,
    say: (what) => terminal.err.write(`${oneLine(what)}\n`),
    ask: askAs,
    inFolder(work) {
      const folder = join(places.data, "upgrade");
      rmSync(folder, { recursive: true, force: true });
      try {
        if (statOf(places.data)) askAs("mkdir", "-m", "700", folder);
        return work(folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    drain() {
      if (currentOwner(places.data) === null) return;
      const { exitCode, stderr } = askAs(self, ...about, "agent", "stop");
      if (exitCode !== 0) throw problem({ kind: "busy", what: stderr.trim(), next: "Look: garza agent status" });
    },
    async startAndWatch(forMs) {
      if (!service) return null;
      try {
        mustCall(callsFor(service).restart, env);
      } catch (thrown) {
        return { isWell: false, why: thrown instanceof Error ? (thrown.message.split("\n")[0] ?? "") : String(thrown) };
      }
      const { openClient } = await import("../../api/client.ts");
      const answers = (socket: string) => openClient({ socket }).agent().then(() => true, () => false); // biome-ignore format: one expression
      return watchHealth({ data: places.data, before: agent?.instance ?? null, forMs, clock, answers });
    },
  };
}

/** The one that is swapped has to be the one that runs. */
function refuseOtherProgram(agent: Owner | null, program: string): void {
  const running = agent && process.platform === "linux" ? runningProgram(agent.pid) : undefined;
  if (running === undefined || running === program) return;
  const next = `Use that one: ${running} agent upgrade …`;
  throw problem({ kind: "busy", what: `the agent is ${running}, and this is ${program}`, next });
}

function runningProgram(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
  } catch {
    return undefined;
  }
}
