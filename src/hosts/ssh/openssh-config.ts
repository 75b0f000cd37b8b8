/** What OpenSSH's own configuration says of a host: asked of `ssh -G`, which connects to nothing. */
import { existsSync, readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { childEnvironment } from "../../core/environment.ts";
import { problem } from "../../core/problem.ts";
import { runGroup } from "../../core/process/run-group.ts";
import { parseAddress } from "../address.ts";

export type Asked = { host: string; user?: string; port?: number };

export type OpenSshConfig = {
  /** What to connect to. */
  address: string;
  port: number;
  user: string;
  /** In this order; those that are not there included. */
  identityFiles: readonly string[];
  identitiesOnly: boolean;
  /** The agent's socket; null: none. */
  agent: string | null;
  /** The first one is written to. */
  knownHosts: readonly string[];
  /** The name that the host's key is known by, where it is not its address. */
  keyAlias?: string;
  hashKnownHosts: boolean;
  /** `user@host:port` each, the first one reached first. */
  jumps: readonly string[];
  /** With `%h`, `%p`, `%r`, `%n`. */
  proxyCommand?: string;
};

type Env = Readonly<Record<string, string>>;

/** Throws `configuration` for a host or user that no program could take for a name. */
export async function openSshConfig(asked: Asked, env: Env): Promise<OpenSshConfig> {
  checkNames(asked);
  const said = Map.groupBy(await ask(asked, env), ([key]) => key);
  const all = (key: string) => said.get(key)?.map(([, value]) => value) ?? [];
  const one = (key: string) => all(key)[0];
  const home = env.HOME ?? homedir();
  const expand = (path: string) => expandHome(path, home);
  const command = set(one("proxycommand"));
  const alias = set(one("hostkeyalias"));
  const files = (key: string) => (set(one(key)) ?? "").split(/\s+/).filter(Boolean).map(expand);
  const known = [...files("userknownhostsfile"), ...files("globalknownhostsfile")];
  return {
    address: one("hostname") ?? asked.host,
    port: asked.port ?? Number(one("port") ?? 22),
    user: asked.user ?? one("user") ?? registered().name,
    identityFiles: (said.has("identityfile") ? all("identityfile") : usualKeys).map(expand),
    identitiesOnly: one("identitiesonly") === "yes",
    agent: agentOf(one("identityagent"), env, expand),
    knownHosts: known.length > 0 ? known : [join(home, ".ssh/known_hosts"), "/etc/ssh/ssh_known_hosts"],
    ...(alias !== undefined && { keyAlias: alias }),
    hashKnownHosts: one("hashknownhosts") === "yes",
    jumps: set(one("proxyjump"))?.split(",") ?? [],
    ...(command !== undefined && { proxyCommand: command }),
  };
}

const usualKeys = ["id_ed25519", "id_ecdsa", "id_rsa"].map((name) => `~/.ssh/${name}`);
const set = (value: string | undefined) => (value === undefined || value === "none" ? undefined : value);

/** A name can't be an option, nor hold what a shell or a pattern would read. */
export function checkNames({ host, user }: Asked): void {
  const refuse = (what: string, text: string) => {
    throw problem({ kind: "configuration", where: `${what} ${JSON.stringify(text)}`, message: "can't be used in SSH" });
  };
  const bare = host.includes(":") ? `[${host}]` : host;
  const parsed = parseAddress(bare);
  if (!parsed || parsed.user !== undefined || parsed.port !== undefined) refuse("the host", host);
  if (user !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.@+-]*\$?$/.test(user)) refuse("the user", user);
}

async function ask({ host, user, port }: Asked, env: Env): Promise<[string, string][]> {
  const program = Bun.which("ssh", { PATH: env.PATH ?? "" });
  if (!program) return [];
  const options = [
    ...configOf(env),
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
  ];
  const what = `ssh -G ${host}`;
  const { exitCode, stdout, stderr } = await runGroup([program, "-G", ...options, "--", host], {
    what,
    cwd: ".",
    env: childEnvironment(env, { LC_ALL: "C" }),
    stdin: Buffer.alloc(0),
    limitMs: 10_000,
  });
  if (exitCode !== 0) {
    const message = utf8(stderr).trim().split("\n").at(-1) || "it ended without a word";
    throw problem({ kind: "configuration", where: what, message });
  }
  return settingsIn(utf8(stdout));
}

const utf8 = (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8");

/** What `ssh -G` prints: keys in lower case, some of them several times. */
export const settingsIn = (text: string): [key: string, value: string][] =>
  text.split("\n").map((line) => {
    const [key = "", value = ""] = line.split(/ (.*)/s);
    return [key, value];
  });

/** OpenSSH looks in the home that the system has for the user; we look in HOME, and so has it to. */
export function configOf({ HOME }: { HOME?: string | undefined }): string[] {
  if (HOME === undefined || HOME === registered().home) return [];
  const file = join(HOME, ".ssh/config");
  return ["-F", existsSync(file) ? file : "none"];
}

/** The user as the system knows it; the runtime has it from the environment. */
function registered(): { name: string; home: string } {
  const { username: name, uid } = userInfo();
  const other = { name, home: homedir() };
  try {
    const rows = readFileSync("/etc/passwd", "utf8").split("\n");
    const own = rows.map((row) => row.split(":")).find((row) => row[2] === String(uid));
    return own ? { name: own[0] || name, home: own[5] || other.home } : other;
  } catch {
    return other;
  }
}

/** Paths in OpenSSH's answers: its own home stands for ours. */
function expandHome(path: string, home: string): string {
  if (path.startsWith("~/")) return join(home, path.slice(2));
  const theirs = `${registered().home}/`;
  return path.startsWith(theirs) ? join(home, path.slice(theirs.length)) : path;
}

function agentOf(written: string | undefined, env: Env, expand: (path: string) => string): string | null {
  if (written === "none") return null;
  if (written === undefined || written === "SSH_AUTH_SOCK") return env.SSH_AUTH_SOCK || null;
  const [, variable] = /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(written) ?? [];
  return variable === undefined ? expand(written) : (env[variable] ?? null);
}
