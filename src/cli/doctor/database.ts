import { join } from "node:path";
import { refuseOtherRoot } from "../../core/data-folder.ts";
import { statOf } from "../../core/files.ts";
import { GarzaError, messageOf } from "../../core/problem.ts";
import { time } from "../output.ts";
import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

const weekMs = 7 * 86_400_000;

/** Looks through all of it, which takes a second for half a gigabyte; beside whoever writes to it. */
export async function checkDatabase({ places, terminal }: Patient): Promise<Finding[]> {
  if (!places || !statOf(places.data)) return [];
  const file = join(places.data, "garza.db");
  const { check } = await import("../../store/backup.ts");
  const { refuseLoss } = await import("../../store/inspect.ts");
  const { isSealed } = await import("../../store/seal.ts");
  const { withBackups } = await import("../../store/backups.ts");
  try {
    refuseOtherRoot(places);
    refuseLoss(file);
    const bytes = statOf(file)?.size ?? 0;
    if (bytes === 0) return [ok("database", "none yet: nothing has run here")];
    isSealed(file);
    const operations = check(file);
    const log = statOf(`${file}-wal`)?.size ?? 0;
    return [
      ok(
        "database",
        `whole: ${operations} operation${operations === 1 ? "" : "s"}, ${size(bytes)}${log > 0 ? ` and ${size(log)} of log` : ""}`,
      ),
      ...(await checkBackups(places.data, terminal.clock.now())),
    ];
  } catch (cause) {
    return [ill(withBackups(cause, file))];
  }
}

async function checkBackups(data: string, now: number): Promise<Finding[]> {
  const { listBackups } = await import("../../store/backups.ts");
  const [newest] = listBackups(data);
  if (!newest) return [ok("backup", "none yet: garza backup makes one")];
  const made = `the newest is of ${time(newest.at)}: ${newest.file}`;
  return [now - newest.at > weekMs ? warn("backup", made, "Make a new one: garza backup") : ok("backup", made)];
}

/** The problem's first line says what is wrong, the others what to do. */
function ill(cause: unknown): Finding {
  const [message = "", ...remedy] = messageOf(cause).replace(" Look: garza doctor", "").split("\n  ");
  const copy = "Nothing was changed. Copy the data folder before you try to mend it";
  return fail("database", message, (cause instanceof GarzaError && remedy.join("\n         ")) || copy);
}

const size = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
