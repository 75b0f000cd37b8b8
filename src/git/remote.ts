/** The repository that several machines share, and how it is reached: by its address, never by its name. */
import { mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { sha256 } from "../core/hash.ts";
import { type GitPlace, git } from "./git.ts";
import { maskLogins, withoutPassword } from "./remote-login.ts";
import { configured, currentBranch, type Tree } from "./tree.ts";

export type Remote = {
  /** As the user calls it: `origin`. */
  name: string;
  /** Without a password. For eyes: `shownUrl`. */
  url: string;
  /** For calls that go there, under the name `sharedRemote`. */
  config: NonNullable<GitPlace["config"]>;
  env: Readonly<Record<string, string | undefined>>;
};

/**
 * The remote of the current branch, else `origin`, else the only one; undefined where there is none. Connections over
 * ssh are kept in `sockets` (a folder of ours alone).
 */
export async function findRemote(tree: Tree, sockets: string): Promise<Remote | undefined> {
  const name = await remoteName(tree);
  if (name === undefined) return undefined;
  // With what `url.….insteadOf` makes of it.
  const { exitCode, stdout } = await git(tree, ["remote", "get-url", "--push", name]);
  const written = stdout.split("\n")[0] ?? "";
  if (exitCode !== 0 || written === "") return undefined;
  const { url, ...login } = withoutPassword(isRelative(written) ? resolve(await topOf(tree), written) : written);
  const own = [...(await ownConfig(tree)), ...login.config];
  const config = [...networkConfig, ...own, [`remote.${sharedRemote}.url`, url] as const];
  return { name, url, config, env: { ...(await environment(tree, url, sockets)), ...login.env } };
}

/** A path, as git itself tells one from `host:path` and `scheme://…`: it counts from the work tree's top. */
const isRelative = (url: string) => !url.startsWith("/") && !/^[^/]*:/.test(url);

const topOf = async (tree: Tree) => (await git(tree, ["rev-parse", "--show-toplevel"])).stdout.trim() || tree.directory;

/** What the remote is called in calls of the private store. It follows no branches, so that nothing is noted on the side. */
export const sharedRemote = "shared";

export const shownUrl = ({ url }: Pick<Remote, "url">) => maskLogins(url);

async function remoteName(tree: Tree): Promise<string | undefined> {
  const names = (await git(tree, ["remote"])).stdout.split("\n").filter(Boolean);
  const branch = await currentBranch(tree);
  const followed = branch === undefined ? undefined : await configured(tree, `branch.${branch}.remote`);
  return [followed, "origin"].find((name) => name !== undefined && names.includes(name)) ?? only(names);
}

const only = (names: string[]) => (names.length === 1 ? names[0] : undefined);

const networkConfig = [
  ["protocol.version", "2"],
  ["http.lowSpeedLimit", "1"],
  ["http.lowSpeedTime", "15"],
] as const;

/** What the user has set in this clone for how a remote is spoken to: the private store has no configuration. */
async function ownConfig(tree: Tree): Promise<(readonly [string, string])[]> {
  const { stdout } = await git(tree, ["config", "--local", "--null", "--get-regexp", "^(credential|http)\\."]);
  return stdout
    .split("\0")
    .filter(Boolean)
    .map((entry) => {
      const border = entry.indexOf("\n");
      return border < 0 ? ([entry, "true"] as const) : ([entry.slice(0, border), entry.slice(border + 1)] as const);
    });
}

/** Without a person to ask, and with one connection for all calls: a new one costs more than all the rest. */
async function environment(tree: Tree, url: string, sockets: string): Promise<GitPlace["env"]> {
  const { env } = tree;
  const command =
    env.GIT_SSH_COMMAND ?? (await configured(tree, "core.sshCommand")) ?? (env.GIT_SSH ? undefined : "ssh");
  // The options of another program are not known.
  if (command === undefined || basename(command.split(" ", 1)[0] ?? "") !== "ssh") {
    return command === undefined ? env : { ...env, GIT_SSH_COMMAND: command };
  }
  const options = { BatchMode: "yes", ConnectTimeout: "10", ServerAliveInterval: "5", ServerAliveCountMax: "3" };
  const socket = join(sockets, `g-${sha256(url).slice(0, 8)}`);
  const kept = canHold(socket) ? { ControlMaster: "auto", ControlPath: socket, ControlPersist: "120" } : {};
  mkdirSync(sockets, { recursive: true, mode: 0o700 });
  const flags = Object.entries({ ...options, ...kept }).map(([name, value]) => `-o ${name}=${value}`);
  return { ...env, GIT_SSH_COMMAND: [command, ...flags].join(" ") };
}

/** A socket's name has at most 104 bytes, and ssh makes it under a longer one first. The command line has no quotes. */
const canHold = (socket: string) => Buffer.byteLength(socket) <= 104 - 18 && /^[\w./+@-]+$/.test(socket);
