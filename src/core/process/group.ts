/** The processes behind a step: who they are, and how they are made to end. */
import type { Clock } from "../clock.ts";
import { hasVariable, type ProcessRow, processTable } from "./identity.ts";

/** Its value is the run's token: so that what left the group can still be told apart. */
export const tokenVariable = "GARZA_RUN";

/** Pids of the group that are still running. */
export function membersOf(group: number): number[] {
  // Most groups are empty when they are looked at, and then no table has to be read.
  if (!signalGroup(group, 0)) return [];
  return processTable()
    .filter((row) => row.group === group && !row.zombie)
    .map((row) => row.pid);
}

/**
 * SIGTERM, after `graceMs` SIGKILL. What it started and left the group is not touched, but reported. `isJustBegun`: its
 * wrapper may not have come to the program yet, which then hears nothing of a first SIGTERM: it gets a second one.
 */
export async function terminateGroup(
  group: number,
  token: string,
  graceMs: number,
  clock: Clock,
  isJustBegun = false,
): Promise<{ escaped: number[] }> {
  const strays = straysOf(group, token, processTable());
  signalGroup(group, "SIGTERM");
  // A stopped process can't act on it.
  signalGroup(group, "SIGCONT");
  const firstMs = isJustBegun ? Math.min(againMs, graceMs / 2) : 0;
  if (isJustBegun && !(await isEmptyWithin(group, firstMs, clock))) signalGroup(group, "SIGTERM");
  if (!(await isEmptyWithin(group, graceMs - firstMs, clock))) {
    signalGroup(group, "SIGKILL");
    await isEmptyWithin(group, killTakesMs, clock);
  }
  const now = processTable();
  const alive = new Set(now.filter((row) => !row.zombie).map((row) => row.pid));
  const escaped = new Set([...strays, ...straysOf(group, token, now), ...membersOf(group)]);
  return { escaped: [...escaped].filter((pid) => alive.has(pid)).sort((a, b) => a - b) };
}

const againMs = 250;
/** What is in uninterruptible sleep outlives even SIGKILL. */
const killTakesMs = 2_000;

/** Outside of the group, but descended from it or started with the run's token. */
function straysOf(group: number, token: string, table: ProcessRow[]): number[] {
  const family = new Set(table.filter((row) => row.group === group).map((row) => row.pid));
  const isNew = (row: ProcessRow) => !family.has(row.pid) && family.has(row.parent);
  for (let born = table.filter(isNew); born.length > 0; born = table.filter(isNew)) {
    for (const row of born) family.add(row.pid);
  }
  const assignment = `${tokenVariable}=${token}`;
  return table
    .filter((row) => row.group !== group && (family.has(row.pid) || hasVariable(row.pid, assignment)))
    .map((row) => row.pid);
}

async function isEmptyWithin(group: number, ms: number, clock: Clock): Promise<boolean> {
  const deadline = clock.monotonic() + ms;
  for (let pause = 5, isLast = false; membersOf(group).length > 0; pause = Math.min(2 * pause, 100)) {
    if (isLast) return false;
    const left = deadline - clock.monotonic();
    // A machine that stood still has given them no time either: there is a look after it.
    isLast = left <= pause;
    await clock.sleep(isLast ? Math.max(left, 20) : pause);
  }
  return true;
}

/** False: nobody is in the group. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "ESRCH") return false;
    // Some of them run as another user by now (sudo): they are there, and can only be reported.
    if (code === "EPERM") return true;
    throw cause;
  }
}
