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

export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended in between.
  }
}
