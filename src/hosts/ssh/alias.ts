/** A word that OpenSSH's configuration has a block for (`Host web`), though no inventory knows it. */
import { childEnvironment } from "../../core/environment.ts";
import { configOf } from "./openssh-config.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** No block is written for this one. */
const nobody = "garza-asks-for-no-host";

/** What the word stands for; undefined where it stands for nothing but itself. It must be a name that `parseAddress` takes. */
export function aliasedBy(word: string, env: Env): string | undefined {
  const [said, ofNobody] = [settingsOf(word, env), settingsOf(nobody, env)];
  if (!said || !ofNobody) return undefined;
  const address = said.get("hostname") ?? word;
  const keys = new Set([...said.keys(), ...ofNobody.keys()]);
  // `%h` is filled in by now.
  const ofAnyone = (key: string) => ofNobody.get(key)?.replaceAll(nobody, word.toLowerCase());
  const isOwn = [...keys].some((key) => !differing.has(key) && said.get(key) !== ofAnyone(key));
  return isOwn || address !== word.toLowerCase() ? address : undefined;
}

/** These differ for any two words: a `ControlPath` often has a hash of the address in it. */
const differing = new Set(["host", "hostname", "controlpath"]);

function settingsOf(host: string, env: Env): Map<string, string> | undefined {
  const program = Bun.which("ssh", { PATH: env.PATH ?? "" });
  if (!program) return undefined;
  const { exitCode, stdout } = Bun.spawnSync([program, "-G", ...configOf(env), "--", host], {
    env: childEnvironment(env, { LC_ALL: "C" }),
    stdin: "ignore",
    stderr: "ignore",
    timeout: 10_000,
  });
  if (exitCode !== 0) return undefined;
  const lines = stdout.toString().split("\n");
  const settings = new Map<string, string>();
  for (const line of lines) {
    const [key = "", value = ""] = line.split(/ (.*)/s);
    settings.set(key, `${settings.get(key) ?? ""}${value}`);
  }
  return settings;
}
