/**
 * Lock files that a push which was killed has left in the remote's repository: git itself holds one for milliseconds, and
 * refuses every move of the ref as long as it is there. They are looked for, and removed, by a command that is run there.
 */
import { childEnvironment } from "../core/environment.ts";
import { type GroupResult, runGroup } from "../core/process/run-group.ts";
import { shellQuote, singleQuoted } from "../core/shell-quote.ts";
import type { PrivateStore } from "./private-store.ts";

export type LeftLocks =
  /** Paths in the repository. */
  | { kind: "looked"; files: string[] }
  /** `command`: what a person may run there; undefined where no shell is to be had. */
  | { kind: "unknown"; why: string; command?: string };

type Place = { directory: string; login?: { host: string; port?: string } };

/** Minutes: older than this, nobody who made it lives. */
const oldMinutes = 10;

export const findLeftLocks = (store: PrivateStore): Promise<LeftLocks> => ask(store, "-print");

/** Those that are still there, and still as old. What was removed. */
export const removeLeftLocks = (store: PrivateStore): Promise<LeftLocks> => ask(store, "-print -exec rm -f {} \\;");

async function ask(store: PrivateStore, action: string): Promise<LeftLocks> {
  const place = placeOf(store.remote.url);
  if (!place) return { kind: "unknown", why: "it is reached without a shell", command: scriptFor(".", "-print") };
  const script = scriptFor(place.directory, action);
  // What begins with a dash would be an option of ssh.
  if (place.login?.host.startsWith("-")) return { kind: "unknown", why: "the host's name begins with a dash" };
  const { exitCode, stdout, stderr } = await run(store, place, script);
  const [before, listed] = stdout.split("garza-looked\n");
  // What a host without a shell answers is anything.
  if (before === "" && listed?.endsWith("garza-done\n"))
    return { kind: "looked", files: listed.split("\n").slice(0, -2).map(shown).sort() };
  const why = stderr.trim().split("\n").at(-1) || stdout.trim().split("\n")[0] || `exit ${exitCode}`;
  return { kind: "unknown", why: why.slice(0, 200), command: script };
}

const shown = (path: string) => path.replace(/^\.\//, "");

/** For any POSIX shell. `find` follows no links. */
function scriptFor(directory: string, action: string): string {
  const names = "\\( -path './refs/*.lock' -o -path ./packed-refs.lock \\)";
  const candidates = ["/.git", ".git/.git", ".git", ""].map((end) => shellQuote(`${directory}${end}`)).join(" ");
  return [
    `for d in ${candidates}; do [ -f "$d/HEAD" ] && break; done`,
    'cd -- "$d" && [ -f HEAD ] || exit 1',
    "echo garza-looked",
    `find . ${names} -type f -mmin +${oldMinutes} ${action}`,
    "echo garza-done",
  ].join("; ");
}

/** Undefined where the repository is reached by another protocol. As git tells a path from `host:path`. */
export function placeOf(url: string): Place | undefined {
  const plain = url.replace(/^file:\/\//, "");
  if (plain.startsWith("/")) return { directory: plain === url ? url : decoded(plain) };
  const [, login, port, path] = /^(?:git\+)?ssh:\/\/([^/:]+|[^/]*\[[^\]]+\])(?::(\d+))?(\/.*)$/.exec(url) ?? [];
  if (login !== undefined && path !== undefined)
    return {
      // What is below a home stands where ssh begins.
      directory: decoded(path).replace(/^\/~\//, ""),
      login: { host: login.replace(/[[\]]/g, ""), ...(port && { port }) },
    };
  const [, host, directory] = /^((?:[^/:@]+@)?[^/:]+):(?!\/\/)(.+)$/.exec(url) ?? [];
  return host !== undefined && directory !== undefined ? { directory, login: { host } } : undefined;
}

/** As git reads the path of a URL. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function run(store: PrivateStore, { login }: Place, script: string): Promise<GroupResult> {
  const { env } = store;
  const ssh = `${env.GIT_SSH_COMMAND ?? env.GIT_SSH ?? "ssh"} "$@"`;
  const command: [string, ...string[]] = login
    ? ["sh", "-c", ssh, "ssh", ...(login.port ? ["-p", login.port] : []), login.host, `sh -c ${singleQuoted(script)}`]
    : ["sh", "-c", script];
  const here = { cwd: store.gitDir, env: childEnvironment(env, { LC_ALL: "C" }), stdin: Buffer.alloc(0) };
  return runGroup(command, { ...here, what: "looking into the remote's repository", limitMs: store.limitMs });
}
