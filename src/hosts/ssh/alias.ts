/** A word that OpenSSH's configuration has a block for (`Host web`), though no inventory knows it. */
import { systemClock } from "../../core/clock.ts";
import { childEnvironment } from "../../core/environment.ts";
import { signalGroup } from "../../core/process/group.ts";
import { mayBeNamed } from "./config-files.ts";
import { configOf, settingsIn } from "./openssh-config.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** No block is written for this one. */
const nobody = "garza-asks-for-no-host";

/**
 * What the word stands for; undefined where it stands for nothing but itself. It must be a name that `parseAddress` takes.
 * Where OpenSSH does not say in time, it is taken for a host: then connecting to it tells.
 */
export function aliasedBy(word: string, env: Env): string | undefined {
  const options = configOf(env);
  if (!mayBeNamed(word, options[1], env)) return undefined;
  const [said, ofNobody] = [settingsOf(word, options, env), settingsOf(nobody, options, env)];
  if (said === "late" || ofNobody === "late") return word;
  if (!said || !ofNobody) return undefined;
  const address = said.get("hostname") ?? word;
  const keys = new Set([...said.keys(), ...ofNobody.keys()]);
  // What stands for the host in a value is filled in by now: `%h`, `%n`, or `%C` as a hash.
  const ofAnyone = (key: string, as: string) => anyHash(ofNobody.get(key)?.replaceAll(nobody, as));
  const isOwn = [...keys].some((key) => {
    const value = anyHash(said.get(key));
    return !differing.has(key) && value !== ofAnyone(key, word.toLowerCase()) && value !== ofAnyone(key, word);
  });
  return isOwn || address !== word.toLowerCase() ? address : undefined;
}

/** These differ for any two words. */
const differing = new Set(["host", "hostname"]);

const anyHash = (value: string | undefined) => value?.replace(/\b[0-9a-f]{40}\b/g, "%C");

type Settings = Map<string, string>;
type Known = { said: Settings | "late" | undefined; until: number };

/** It is asked while everybody else waits: of the same word not again and again, and not by who has not answered. */
const known = new Map<string, Known>();
const knownMs = 10_000;
const lateMs = 60_000;
const patienceMs = 3_000;

function settingsOf(host: string, options: readonly string[], env: Env): Known["said"] {
  const [now, of] = [systemClock.monotonic(), `${env.PATH} ${env.HOME}`];
  for (const key of [of, `${of} ${host}`]) {
    const found = known.get(key);
    if (found && found.until > now) return found.said;
  }
  const said = ask(host, options, env);
  if (said === "late") known.set(of, { said, until: systemClock.monotonic() + lateMs });
  else known.set(`${of} ${host}`, { said, until: now + knownMs });
  return said;
}

function ask(host: string, options: readonly string[], env: Env): Known["said"] {
  const program = Bun.which("ssh", { PATH: env.PATH ?? "" });
  if (!program) return undefined;
  const { pid, exitCode, stdout, exitedDueToTimeout } = Bun.spawnSync([program, "-G", ...options, "--", host], {
    // A group of its own, which ends as a whole: a command of `Match exec` would stay.
    detached: true,
    env: childEnvironment(env, { LC_ALL: "C" }),
    stdin: "ignore",
    stderr: "ignore",
    timeout: patienceMs,
    killSignal: "SIGKILL",
  });
  if (exitedDueToTimeout) {
    signalGroup(pid, "SIGKILL");
    return "late";
  }
  if (exitCode !== 0) return undefined;
  const settings: Settings = new Map();
  for (const [key, value] of settingsIn(stdout.toString())) settings.set(key, `${settings.get(key) ?? ""}${value}`);
  return settings;
}
