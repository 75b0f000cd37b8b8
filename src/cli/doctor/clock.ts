import { time } from "../output.ts";
import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

/** This program is younger than any clock may say. */
const built = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

export async function checkClock({ terminal: { clock, env }, places }: Patient): Promise<Finding[]> {
  const now = clock.now();
  const remedy = "Set it, and let it be kept by NTP (timedatectl set-ntp true)";
  if (now < built) return [fail("clock", `it is ${time(now)}: the clock is years behind`, remedy)];
  const last = places && lastCommit(places.root, env.PATH ?? "");
  if (last && last > now + dayMs)
    return [warn("clock", `it is ${time(now)}, before the last commit (${time(last)})`, remedy)];
  return [ok("clock", time(now))];
}

/** When HEAD was committed, by the clock of the machine that did it; null outside a repository. */
function lastCommit(root: string, PATH: string): number | null {
  const git = Bun.which("git", { PATH });
  if (!git) return null;
  const asked = Bun.spawnSync([git, "-C", root, "log", "-1", "--format=%ct"], {
    stdin: "ignore",
    stderr: "ignore",
    timeout: 5_000,
  });
  return asked.exitCode === 0 ? Number(asked.stdout.toString().trim()) * 1000 : null;
}
