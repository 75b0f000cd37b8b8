/** `agent.env` in the data folder: what a service has in the place of a login shell's environment. */
import { chownSync } from "node:fs";
import { join } from "node:path";
import { pathFor } from "../../agent/service/path-folders.ts";
import type { User } from "../../core/drop-root.ts";
import { environmentLine } from "../../core/environment-file.ts";
import { replaceFile, statOf } from "../../core/files.ts";
import type { Env } from "../../core/places.ts";

export const agentEnvFile = (data: string) => join(data, "agent.env");

/** False: there is one, and it stays as its owner has it. */
export function writeAgentEnv(data: string, text: string, owner: User): boolean {
  const file = agentEnvFile(data);
  if (statOf(file)) return false;
  replaceFile(file, text);
  if (process.getuid?.() !== owner.uid) chownSync(file, owner.uid, owner.gid);
  return true;
}

/** `isOwn`: the environment is that of the root's owner, and not that of root who installs for them. */
export function agentEnvText(env: Env, owner: User, isOwn: boolean): string {
  const kept = ["LANG", "LC_ALL", "LC_CTYPE", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
  const names = isOwn ? [...kept, "http_proxy", "https_proxy", "no_proxy"] : kept;
  const keys = isOwn && isLasting(env.SSH_AUTH_SOCK) ? { SSH_AUTH_SOCK: env.SSH_AUTH_SOCK } : {};
  const found = Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  const variables: Record<string, string> = { PATH: pathFor(env.PATH, owner.home), ...found, ...keys };
  return [
    "# What the agent and its steps find in their environment: yours to change. Read when the agent starts.",
    '# NAME=value, a line each; a value with blanks in "double quotes". What is secret: garza secret set NAME',
    ...Object.entries(variables).map(([name, value]) => environmentLine(name, value)),
    "",
  ].join("\n");
}

/** One of a login (`/tmp/ssh-…`) is gone with it. */
export const isLasting = (socket: string | undefined): socket is string =>
  socket !== undefined && socket !== "" && !/^\/(private\/)?(tmp|var\/folders)\//.test(socket);
