import { statOf } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import { currentOwner } from "../../store/owner.ts";
import type { Call, Command } from "../command.ts";
import { oneLine } from "../output.ts";
import { agentEnvFile, agentEnvText, isLasting } from "../service/agent-env.ts";
import { mustCall } from "../service/call.ts";
import { callsFor } from "../service/homes.ts";
import { keepAfterLogout } from "../service/linger.ts";
import { type InstallPlan, planInstall } from "../service/plan-install.ts";
import { writeFiles } from "../service/write-files.ts";

export const install: Command = {
  name: "agent install",
  takes: "",
  summary: "Let this machine's service manager run the agent of this repository",
  about: [
    "Writes a unit for systemd (garza@NAME) or a list for launchd, and agent.env in the data folder; enables and starts",
    "it. --user: while you are logged in, and beyond where lingering is allowed. --system: from boot on, as the owner of",
    "the repository, with its data in /var/lib/garza/NAME; this is what root gets unless told otherwise. With --hardened",
    "steps can reach others by SSH, HTTP and git, and can change nothing of this machine but the repository.",
  ].join("\n"),
  options: [
    { flags: "--user", says: "In your own service manager" },
    { flags: "--system", says: "In that of the system (root only)" },
    {
      flags: "--hardened",
      says: "Whatever steps do not need for SSH, HTTP and git is taken from them (with --system)",
    },
    { flags: "--name <name>", says: "The service's name (default: that of the repository's folder)" },
    { flags: "--dry-run", says: "Show what would be written and called, and do nothing" },
  ],
  examples: [
    "garza agent install",
    "sudo garza agent install --system --hardened",
    "garza agent install --user --dry-run",
  ],
  staysRoot: true,
  async run(call) {
    const plan = planInstall(call);
    if (call.flag("dry-run")) show(plan, call);
    else await carryOut(plan, call);
    return 0;
  },
};

function show({ service, request, owner }: InstallPlan, { terminal }: Call): void {
  const text = agentEnvText(terminal.env, owner, process.getuid?.() === owner.uid);
  terminal.out.write(
    [
      `# would be written: ${agentEnvFile(request.data)} (unless it is there)`,
      text,
      `# would be written: ${service.file}`,
      service.text,
      "# would be called:",
      ...callsFor(service).start.map((words) => words.join(" ")),
      "",
    ].join("\n"),
  );
}

async function carryOut({ service, request, owner }: InstallPlan, call: Call): Promise<void> {
  const { terminal } = call;
  const { env } = terminal;
  const say = (what: string) => terminal.err.write(`${oneLine(what)}\n`);
  // Before anything is written: what is missing then would be left half done.
  if (service.manager === "systemd") mustCall(["systemctl", "--version"], env);
  refuseOther({ service, request, owner });
  for (const done of await writeFiles({ service, request, owner }, env)) say(done);
  if (process.getuid?.() === owner.uid && env.SSH_AUTH_SOCK && !isLasting(env.SSH_AUTH_SOCK))
    say("SSH_AUTH_SOCK is that of this login, so the agent does without it: give it key files, or a lasting ssh-agent");
  for (const words of callsFor(service).start)
    mustCall(words, env, `Look: garza agent logs. Take it back: garza agent uninstall`);
  say(`started ${service.unit}, as ${owner.name}${request.hardened ? ", hardened" : ""}`);
  if (service.scope === "user" && service.manager === "systemd") keepAfterLogout(owner.name, request.data, env, say);
  say("Look: garza agent status");
}

/** Two can't own one data folder: the service would be refused by the one that is there, again and again. */
function refuseOther({ service, request: { data } }: InstallPlan): void {
  const there = statOf(data) && !statOf(service.file) ? currentOwner(data) : null;
  if (!there) return;
  const next = "Let it end, or stop it first: garza agent stop";
  throw problem({ kind: "busy", what: `${there.command} (process ${there.pid}) uses ${data}`, next });
}
