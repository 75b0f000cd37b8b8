import { join } from "node:path";
import { statOf } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import { type Backup, listBackups } from "../../store/backups.ts";
import type { Call } from "../command.ts";
import { time } from "../output.ts";
import { checkedBy, isFull, reasonIn, versionOf } from "./ask-program.ts";
import { type Installed, openInstalled } from "./installed.ts";
import { previousOf, stage, swap } from "./swap.ts";

/** The exit code, as that of `upgradeTo`. Throws before anything was changed. */
export async function goBack(call: Call, watchedMs: number): Promise<number> {
  const installed = openInstalled(call);
  const { program, say, places, ask } = installed;
  const previous = previousOf(program);
  if (!statOf(previous)) throw problem({ kind: "usage", message: `there is no ${previous} to go back to` });
  const { garza } = versionOf({ ask, program: previous });
  const refused = refusal(installed, previous);
  const backup = refused === undefined ? undefined : readable(installed, previous);
  if (refused !== undefined && !(backup && call.flag("restore"))) throw cannotRead(refused, backup);

  const staged = stage(previous, program);
  installed.drain();
  if (backup) {
    const restored = ask(previous, "--root", places.root, "backup", "restore", backup.file);
    if (restored.exitCode !== 0)
      throw problem({ kind: "input-output", what: "restoring the backup", why: restored.stderr.trim() });
    for (const line of restored.stderr.trim().split("\n")) say(line);
  }
  swap(staged, program);
  say(`${program} is garza ${garza} again; the newer one is ${previous} now`);
  const health = await installed.startAndWatch(watchedMs);
  if (health === null) say("No service runs an agent here: the next garza agent is that one");
  else if (health.isWell) say(`the agent runs and answers (process ${health.agent.pid})`);
  else say(`the agent is not well: ${health.why}. Look: garza agent logs`);
  return health === null || health.isWell ? 0 : 1;
}

/** Why the program before can't use the database as it is; undefined: it can. */
function refusal({ places, inFolder, ask, self, program }: Installed, previous: string): string | undefined {
  if (!statOf(join(places.data, "garza.db"))) return undefined;
  return inFolder((folder) => {
    const copy = join(folder, "copy.db");
    // The one may be too old to read it, and the other one not fit to run.
    for (const each of [self, program]) {
      const copied = ask(each, "--root", places.root, "backup", copy);
      // A full disk says nothing of the database.
      if (isFull(copied)) throw problem({ kind: "storage-full", where: folder });
      if (copied.exitCode !== 0) continue;
      const verdict = checkedBy({ ask, program: previous }, copy);
      if (!("refused" in verdict)) return undefined;
      if (isFull(verdict.refused)) throw problem({ kind: "storage-full", where: folder });
      return reasonIn(verdict.refused);
    }
    return "it can't even be copied";
  });
}

/** The newest backup that the program before can use. */
function readable({ places, inFolder, ask }: Installed, previous: string): Backup | undefined {
  return listBackups(places.data).find(({ file }) =>
    inFolder((folder) => {
      const copy = join(folder, "copy.db");
      return ask("cp", file, copy).exitCode === 0 && !("refused" in checkedBy({ ask, program: previous }, copy));
    }),
  );
}

function cannotRead(why: string, backup: Backup | undefined) {
  const next = backup
    ? `With the backup of ${time(backup.at)} it can; what was done since is lost then: garza agent upgrade --back --restore`
    : "There is no backup that it can read. Stay with this program, and look: garza doctor";
  return problem({
    kind: "not-allowed",
    what: `the program before can't use the database as it is now (${why})`,
    next,
  });
}
