/** Which process a pid meant: pids are used again, a pid with its start time and boot is not. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

export type ProcessIdentity = {
  pid: number;
  /** As the platform counts it; only good for comparing. */
  start: string;
  boot: string;
};

const hasProc = existsSync("/proc/self/stat");

let boot: string | undefined;
/** Changes at every boot of the machine. */
export function bootId(): string {
  boot ??= hasProc
    ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    : output(["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]);
  return boot;
}

/** Undefined: there is no such process (any more). */
export function identify(pid: number): ProcessIdentity | undefined {
  const start = hasProc ? statOf(pid)?.start : output(["/bin/ps", "-o", "lstart=", "-p", String(pid)]);
  return start ? { pid, start, boot: bootId() } : undefined;
}

/** Whether it is still that same process, and more than a zombie. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  if (now?.start !== identity.start || now.boot !== identity.boot) return false;
  return !hasProc || statOf(identity.pid)?.state !== "Z";
}

/** A row of the process table. */
export type ProcessRow = { pid: number; parent: number; group: number; zombie: boolean };

export function processTable(): ProcessRow[] {
  if (!hasProc) return output(["/bin/ps", "-A", "-o", "pid=,ppid=,pgid=,stat="]).split("\n").map(readRow);
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.flatMap((pid) => {
    const stat = statOf(pid);
    return stat ? [{ pid, parent: stat.parent, group: stat.group, zombie: stat.state === "Z" }] : [];
  });
}

/** Linux only: whether a process (of ours) was started with this variable. Elsewhere nobody is known to. */
export function hasVariable(pid: number, assignment: string): boolean {
  const text = hasProc ? readProc(`/proc/${pid}/environ`) : undefined;
  return text?.split("\0").includes(assignment) ?? false;
}

function statOf(pid: number) {
  // The second field is the name in parentheses, which may hold anything.
  const fields = readProc(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .split(" ");
  const [state, parent, group] = fields ?? [];
  const start = fields?.[19];
  return start === undefined ? undefined : { state, parent: Number(parent), group: Number(group), start };
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1");
  } catch {
    // The process ended meanwhile, or is another user's: nothing to see either way.
    return undefined;
  }
}

function readRow(line: string): ProcessRow {
  const [pid, parent, group, state] = line.trim().split(/\s+/);
  return { pid: Number(pid), parent: Number(parent), group: Number(group), zombie: state?.startsWith("Z") ?? true };
}

function output(command: string[]): string {
  return Bun.spawnSync(command, { env: { LC_ALL: "C", TZ: "UTC" }, stderr: "ignore" })
    .stdout.toString()
    .trim();
}
