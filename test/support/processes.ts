import { readdirSync, readFileSync } from "node:fs";

/** Processes of this program that one has started, with what they have started, as far as it is of `below`. */
export function descendants(pid: number, program: string, below = program): number[] {
  const own = readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [, comm, rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
      return comm?.startsWith(program) && Number(rest.split(" ")[1]) === pid ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
  return own.flatMap((child) => [child, ...descendants(child, below)]);
}

/** Pids of those that were started with this text among their arguments. */
export function mentioning(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && commandOf(Number(name)).includes(text))
    .map(Number);
}

/** Empty for one that has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended in between.
  }
}
