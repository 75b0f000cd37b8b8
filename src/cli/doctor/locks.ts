/** What is wrong with shared locks, as far as a look tells. */
import { findLeftLocks, type LeftLocks } from "../../git/left-locks.ts";
import { leasesIn } from "../../locks/leases.ts";
import { type LockView, type Surveyor, surveyLocks } from "../../locks/survey.ts";
import { legacyFile } from "../lock-settings.ts";
import { duration, oneLine, time } from "../output.ts";
import { quoted } from "../summary.ts";
import type { Terminal } from "../terminal.ts";
import { type Finding, fail, ok, warn } from "./check.ts";

/** Throws `remote-unreachable`, `remote-refused`. */
export async function checkLocks(surveyor: Surveyor): Promise<Finding[]> {
  const views = await surveyLocks(surveyor);
  const wrong = views.flatMap((view) => findingOf(view, surveyor.now));
  const held = views.filter(({ state }) => state === "held").length;
  return [
    ...(wrong.length === 0 ? [ok("locks", held === 0 ? "none is held" : `${held} held, and in order`)] : wrong),
    ...owed(surveyor),
  ];
}

function findingOf({ resource, state, holder, freeIn, lost, unreadable = "" }: LockView, now: number): Finding[] {
  const check = `lock ${oneLine(resource)}`;
  const force = `garza lock release ${quoted(resource)} --force`;
  if (state === "unreadable")
    return [fail(check, `its record can't be read: ${oneLine(unreadable)}`, `Where nobody works on it: ${force}`)];
  if (!holder) return [];
  const { operator, host, operation, since } = holder;
  if (lost !== undefined)
    return [
      warn(
        check,
        `${oneLine(operation)} works under it here, and has lost it: ${oneLine(lost)}`,
        `garza status ${quoted(operation)}`,
      ),
    ];
  if (freeIn !== 0) return [];
  const who = `${oneLine(operator)} on ${oneLine(host)}, since ${time(since)} (${duration(now - since)})`;
  return [
    warn(
      check,
      `its time is over, and nobody has taken it since: ${who}`,
      `Whoever asks next gets it. To have it free now: ${force}`,
    ),
  ];
}

/** What this machine has given back, or may have taken, and could not tell the remote. */
function owed({ db }: Surveyor): Finding[] {
  const names = db ? leasesIn(db, "leaving", "taking").map(({ resource }) => oneLine(resource)) : [];
  if (names.length === 0) return [];
  return [
    warn("given back", `other machines do not know yet that these are free: ${names.join(", ")}`, "garza state sync"),
  ];
}

/** A file of another tool that is tracked here, where such files are no locks. */
export async function checkLegacy(root: string, terminal: Terminal, honored: boolean): Promise<Finding[]> {
  const file = honored ? undefined : await legacyFile(root, terminal);
  if (file === undefined) return [];
  const remedy = "Where another tool still uses it: locks: {legacy: honor} in garza.yml. Else: git rm";
  return [warn("legacy", `${oneLine(file)} is tracked, and is no lock here`, `${remedy} ${quoted(file)}`)];
}

export async function checkLeftLocks(store: Parameters<typeof findLeftLocks>[0]): Promise<[Finding, LeftLocks]> {
  const left = await findLeftLocks(store);
  return [leftFinding(left), left];
}

function leftFinding(left: LeftLocks): Finding {
  const check = "left behind";
  if (left.kind === "unknown")
    return ok(
      check,
      `what killed pushes left there can't be seen from here (${oneLine(left.why)})${left.command === undefined ? "" : `; there: ${left.command}`}`,
    );
  if (left.files.length === 0) return ok(check, "no push that was killed has left a lock file at the remote");
  const files = left.files.map(oneLine).join(", ");
  return fail(
    check,
    `a push that was killed has left ${files} at the remote: what it guards can't be moved`,
    "Remove it: garza lock doctor --yes",
  );
}
