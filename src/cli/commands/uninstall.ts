import { rmSync } from "node:fs";
import { listServices } from "../../agent/service/find-service.ts";
import type { Places } from "../../core/config.ts";
import { refuseOtherRoot } from "../../core/data-folder.ts";
import { dropTo, environmentOf } from "../../core/drop-root.ts";
import { statOf, translate } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import { currentOwner } from "../../store/owner.ts";
import type { Call, Command } from "../command.ts";
import { isYes } from "../confirm.ts";
import { ownProgram } from "../merge-driver.ts";
import { openPlaces } from "../open.ts";
import { oneLine } from "../output.ts";
import { homesOf, serviceOf } from "../service/homes.ts";
import { leaveRepository } from "../service/leave-repository.ts";
import { leftSteps } from "../service/left-steps.ts";
import { ownerOf } from "../service/owner-of.ts";
import { removeDataHome } from "../service/remove-empty.ts";
import { removeService } from "../service/remove-service.ts";
import { placeOf, previousOf } from "../upgrade/swap.ts";

type Say = (what: string) => void;

export const uninstall: Command = {
  name: "uninstall",
  takes: "",
  summary: "Take away what garza has put on this machine for this repository; with --purge its data, too",
  about: [
    "The agent's service, the merge driver in the clone's configuration, .git/garza. What is committed stays. The data",
    "folder (history, output, secrets, backups) stays unless --purge is given, and so does the program from before an",
    "upgrade. Refused while steps run, and while operations have not ended: they would never be carried on.",
  ].join("\n"),
  options: [
    { flags: "--purge", says: "Remove the data folder as well, with the backups in it" },
    { flags: "--yes", says: "Do not ask, and leave behind operations that have not ended" },
  ],
  examples: ["garza uninstall", "garza uninstall --purge", "sudo garza uninstall --purge --root /srv/operations"],
  staysRoot: true,
  async run(call) {
    const { terminal, flag } = call;
    const places = openPlaces(call);
    const say: Say = (what) => terminal.err.write(`${oneLine(what)}\n`);
    refuseOtherRoot(places);
    const service = serviceOf(places.root, terminal);
    refuseForeign(call, places, service?.scope === "system");
    await refuseUnended(call, places);
    if (flag("purge")) await confirm(call, places);

    if (service) removeService(service, places, terminal, say);
    else refuseAgent(places);
    if (flag("purge")) {
      purge(places, call, say);
      removePrevious(call, say);
    }
    const env = asOwner(places.root, call);
    await leaveRepository(places.root, env, say);
    if (!flag("purge") && statOf(places.data)) say(`kept ${places.data}; garza uninstall --purge removes it`);
    const programs = ownPrograms().map((file) => `'${file}'`);
    if (programs.length > 0)
      say(`The program itself stays for other repositories. Without those: rm ${programs.join(" ")}`);
    return 0;
  },
};

/** The service of the system is root's to remove, and everything else its owner's. */
function refuseForeign({ terminal }: Call, { root }: Places, isOfSystem: boolean): void {
  const user = process.getuid?.();
  const owner = ownerOf(root, terminal.env.PATH);
  if (isOfSystem ? user === 0 : user === owner.uid) return;
  throw problem({
    kind: "not-allowed",
    what: isOfSystem ? "the agent here is a service of the system" : `this repository belongs to ${owner.name}`,
    next: isOfSystem ? "Let root do it: sudo garza uninstall" : `Run it as ${owner.name}`,
  });
}

async function refuseUnended({ flag, terminal }: Call, { root, data }: Places): Promise<void> {
  const steps = leftSteps(data).length;
  if (steps > 0)
    throw problem({
      kind: "busy",
      what: `${steps} ${steps === 1 ? "step of an operation still runs" : "steps of operations still run"}`,
      next: "Wait for them (garza status), or end them: garza agent stop --with-steps",
    });
  if (flag("yes")) return;
  const { openQueueReader } = await import("../queue-reader.ts");
  const queue = openQueueReader({ root, data }, terminal);
  if (!queue) return;
  const { queued, running, interrupted } = queue.stats();
  queue.close();
  const unended = queued + running + interrupted;
  if (unended > 0)
    throw problem({
      kind: "busy",
      what: `${unended} ${unended === 1 ? "operation has" : "operations have"} not ended`,
      next: "Look: garza status. To leave them behind for good: garza uninstall --yes",
    });
}

function refuseAgent({ data }: Places): void {
  const owner = currentOwner(data);
  if (!owner) return;
  const next = "Stop it first: garza agent stop";
  throw problem({ kind: "busy", what: `${owner.command} (process ${owner.pid}) uses ${data}`, next });
}

async function confirm({ flag, terminal }: Call, { data }: Places): Promise<void> {
  if (flag("yes") || !terminal.interactive || !statOf(data)) return;
  const answer = await terminal.ask(`${data} goes, with its history, secrets and backups. Remove it? [y/N] `);
  if (!isYes(answer)) throw problem({ kind: "left-by-signal", message: "nothing was removed" });
}

function purge({ data }: Places, { terminal: { env } }: Call, say: Say): void {
  if (!statOf(data)) return;
  // What is in the folder of a mistyped GARZA_HOME is not ours to remove.
  if (!statOf(`${data}/machine.json`) && !statOf(`${data}/agent.env`))
    throw problem({ kind: "not-allowed", what: `${data} is no data folder of garza`, next: "Look at GARZA_HOME" });
  try {
    rmSync(data, { recursive: true });
  } catch (cause) {
    throw translate(cause, data);
  }
  say(`removed ${data}`);
  removeDataHome(data, env);
}

/** Where nobody else has a service, nobody goes back to it. */
function removePrevious({ terminal }: Call, say: Say): void {
  const [, previous] = ownPrograms();
  if (previous === undefined || listServices(homesOf(terminal)).length > 0) return;
  try {
    rmSync(previous);
    say(`removed ${previous}`);
  } catch {
    // It is in a folder of somebody else's: named in the end.
  }
}

/** The program, and the one before an upgrade. */
function ownPrograms(): string[] {
  const own = ownProgram();
  if (own === undefined) return [];
  const program = placeOf(own);
  return [program, previousOf(program)].filter(statOf);
}

/** Root leaves nothing of its own in a user's clone. */
function asOwner(root: string, { terminal: { env } }: Call) {
  const owner = ownerOf(root, env.PATH);
  if (owner.uid === process.getuid?.()) return env;
  dropTo(owner);
  return environmentOf(owner, env);
}
