import { GarzaError, messageOf } from "../../core/problem.ts";
import { type LeftLocks, removeLeftLocks } from "../../git/left-locks.ts";
import type { PrivateStore } from "../../git/private-store.ts";
import type { Call, Command } from "../command.ts";
import { isYes } from "../confirm.ts";
import { type Finding, warn } from "../doctor/check.ts";
import { checkLeftLocks, checkLegacy, checkLocks } from "../doctor/locks.ts";
import { checkRemote } from "../doctor/remote.ts";
import { report } from "../doctor/report.ts";
import { lookAtLocks, openLockRemote } from "../locks.ts";
import { openPlaces } from "../open.ts";
import { json, oneLine, paintFor } from "../output.ts";

export const lockDoctor: Command = {
  name: "lock doctor",
  takes: "",
  summary: "Look for what is wrong with shared locks, and say what to do",
  about: [
    "Asks the remote what it admits, looks at every lock, and for lock files that a killed push left there: git refuses to",
    "move a ref as long as its file is there. Those that are older than ten minutes are removed, when that is agreed to.",
    "Exit code 1: something is left to be done.",
  ].join("\n"),
  options: [{ flags: "--yes", says: "Remove what killed pushes have left at the remote" }],
  examples: ["garza lock doctor", "garza lock doctor --yes"],
  async run(call) {
    const { flag, terminal } = call;
    const places = openPlaces(call);
    const remote = await openLockRemote(places, terminal);
    const found: Finding[] = await checkRemote({ places, terminal });
    if (!remote)
      found.push(
        warn(
          "remote",
          "this repository has none: its locks are this machine's alone",
          "To share them: git remote add origin URL",
        ),
      );
    found.push(...(await lookAtLocks(places, terminal, checkLocks).catch(unreached)));
    found.push(...(await checkLegacy(places.root, terminal, remote?.settings["locks.legacy"].value === "honor")));
    const [finding, left] = remote ? await checkLeftLocks(remote.store).catch(unlooked) : [];
    if (finding) found.push(finding);
    terminal.out.write(flag("json") ? json(found) : report(found, paintFor(terminal.out, terminal.env)));
    const isMended = remote && left ? await mend(call, remote.store, left) : false;
    return found.some((each) => each.level === "fail" && !(isMended && each === finding)) ? 1 : 0;
  },
};

function unreached(thrown: unknown): Finding[] {
  if (!(thrown instanceof GarzaError)) throw thrown;
  return [warn("locks", `they can't be looked at now: ${thrown.message}`, "garza lock list")];
}

function unlooked(thrown: unknown): [Finding, LeftLocks] {
  const left = { kind: "unknown", why: messageOf(thrown) } as const;
  if (!(thrown instanceof GarzaError)) throw thrown;
  return [warn("left behind", `the remote's files can't be looked at now: ${left.why}`, "git ls-remote"), left];
}

/** True: nothing of it is left. Each is removed only as it was shown: with its age. */
async function mend({ flag, terminal }: Call, store: PrivateStore, left: LeftLocks): Promise<boolean> {
  if (left.kind === "unknown" || left.files.length === 0) return false;
  const question = `Remove ${left.files.map(oneLine).join(", ")} at the remote? [y/N] `;
  const mayRemove = flag("yes") || (terminal.interactive && isYes(await terminal.ask(question)));
  if (!mayRemove) return false;
  const removed = await removeLeftLocks(store);
  if (removed.kind === "unknown") return false;
  for (const file of removed.files) terminal.err.write(`removed  ${oneLine(file)} at the remote\n`);
  return true;
}
