/** A command on another host: GARZA there does it, joined with this terminal. */
import { problem } from "../../core/problem.ts";
import type { Hosts } from "../../hosts/connections.ts";
import type { Host } from "../../hosts/inventory.ts";
import type { Call, Command } from "../command.ts";
import { farCommand } from "./far-command.ts";
import { withHosts } from "./open-hosts.ts";
import { runThere } from "./run-there.ts";

export type There = { hosts: Hosts; host: Host };

export async function runOnHost(name: string, command: Command, call: Call): Promise<number> {
  if (command.staysHere)
    throw problem({ kind: "usage", message: `${command.name} is about this machine: it takes no --on` });
  const { terminal, typed } = call;
  return withHosts(call, async ({ hosts, inventory }) => {
    const host = inventory.find(name);
    // The inventory is the same on every machine of it.
    if (host.local) return command.run(call);
    refuseFiles(command, call, name);
    const byAgent = await command.onHost?.(call, { hosts, host });
    if (byAgent !== undefined) return byAgent;
    const line = farCommand(host, [...command.name.split(" "), ...typed]);
    const asTerminal = terminal.interactive && terminal.out.isTerminal;
    // Input that nobody there reads is left to whoever comes next: `while read -r host; do garza status --on "$host"; done`.
    const input = asTerminal || command.readsInput === true;
    const look = `garza status --on ${name}`;
    const there = { hosts, host: name, look, terminal, line, asTerminal, input, patient: true };
    const code = await runThere(there);
    const advice = adviceFor(code, host.garza ?? {});
    if (advice !== undefined) terminal.err.write(`garza: ${advice}\n`);
    return code;
  });
}

/** Seen from here they are files of this machine, and seen from there of a folder that nobody has chosen. */
function refuseFiles({ takes }: Command, { args }: Call, host: string): void {
  if (!takes.startsWith("<template>") && !takes.startsWith("[template]")) return;
  const file = args.find((word, at) => (at === 0 ? /^@?\.{1,2}\/|^@[^/]/ : /^[\w-]+=@[^/]/).test(word));
  if (file === undefined) return;
  throw problem({
    kind: "usage",
    message: `${file} is a file of this machine, and garza on ${host} reads its own`,
    hint: `Put it into the repository there, or give its whole path there`,
  });
}

function adviceFor(code: number, { program = "garza", root }: { program?: string; root?: string }): string | undefined {
  if (code === 127)
    return `${program} was not found there. Install it, or name it in infra/hosts.yml: garza: { program: /path/to/garza }`;
  if (code === 78 && root === undefined)
    return "which repository is meant there is said in infra/hosts.yml: garza: { root: /path }";
  return undefined;
}
