/** What steps find around them: where that comes from, keys for SSH, signs beyond ASCII. */
import { homedir } from "node:os";
import { join } from "node:path";
import { readEnvironmentFile } from "../../core/environment-file.ts";
import { statOf } from "../../core/files.ts";
import { agentEnvFile } from "../service/agent-env.ts";
import type { Terminal } from "../terminal.ts";
import { type Finding, ok, type Patient, warn } from "./check.ts";

/** As the agent's service sees it, where one has its own file of variables; else as the shell does. */
export function asAgentSees({ terminal, places }: Patient): Patient {
  const found = places && readEnvironmentFile(agentEnvFile(places.data));
  if (!places || !found) return { terminal, places };
  const { HOME, USER, LOGNAME, TERM, NO_COLOR } = terminal.env;
  const env = { HOME, USER, LOGNAME, TERM, NO_COLOR, GARZA_HOME: places.data, ...found.variables };
  return { places, terminal: { ...terminal, env } };
}

export async function checkEnvironment({ terminal, places }: Patient): Promise<Finding[]> {
  return [...(places ? source(places.data) : []), keys(terminal), locale(terminal)];
}

function source(data: string): Finding[] {
  const file = agentEnvFile(data);
  const found = readEnvironmentFile(file);
  if (!found) return [ok("environment", "that of whoever starts it; a service gets its own: garza agent install")];
  const odd = found.ignored.map(({ line, why }) =>
    warn("environment", `${file}:${line} is left out: ${why}`, "NAME=value, without `export`"),
  );
  const open = (statOf(file)?.mode ?? 0) & 0o022;
  return [
    ok("environment", `as the agent's service has it: ${file}`),
    ...odd,
    ...(open ? [warn("environment", `others can write to ${file}`, `chmod 600 '${file}'`)] : []),
    ...("PATH" in found.variables
      ? []
      : [warn("environment", `${file} sets no PATH`, "Remove it, and: garza agent install")]),
  ];
}

function keys({ env }: Terminal): Finding {
  const socket = env.SSH_AUTH_SOCK;
  if (socket && statOf(socket)?.isSocket()) return ok("ssh keys", `from the agent at ${socket}`);
  const folder = join(env.HOME ?? homedir(), ".ssh");
  const files = ["id_ed25519", "id_ecdsa", "id_rsa"].filter((name) => statOf(join(folder, name)));
  const remedy = "Point SSH_AUTH_SOCK (for a service in agent.env) at one that lasts, or remove it";
  if (socket) return warn("ssh keys", `SSH_AUTH_SOCK is ${socket}, where no ssh-agent is`, remedy);
  return ok(
    "ssh keys",
    files.length > 0 ? `from ${files.join(", ")} in ${folder}` : `no ssh-agent, and none in ${folder}`,
  );
}

function locale({ env }: Terminal): Finding {
  const name = env.LC_ALL || env.LC_CTYPE || env.LANG;
  const remedy = "LANG=C.UTF-8 is on every machine; for a service it belongs into agent.env";
  if (!name || name === "C" || name === "POSIX")
    return warn("locale", `${name ?? "none is set"}: steps may print signs beyond ASCII as question marks`, remedy);
  const asked = Bun.which("locale", { PATH: env.PATH ?? "" });
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9.@]/g, "");
  const known = asked ? Bun.spawnSync([asked, "-a"]).stdout.toString().split("\n").map(plain) : [plain(name)];
  return known.includes(plain(name)) ? ok("locale", name) : warn("locale", `${name} is not installed here`, remedy);
}
