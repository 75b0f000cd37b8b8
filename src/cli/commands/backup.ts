import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Places } from "../../core/config.ts";
import { prepareData, refuseOtherRoot } from "../../core/data-folder.ts";
import { statOf } from "../../core/files.ts";
import { nearest } from "../../core/nearest.ts";
import { problem } from "../../core/problem.ts";
import type { Call, Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { json, table, time } from "../output.ts";

const databaseOf = ({ data }: Places) => join(data, "garza.db");

export const backup: Command = {
  name: "backup",
  takes: "[file]",
  summary: "Copy the database, and check the copy",
  about: [
    "Works beside whatever runs. Without FILE the copy goes into backups/ in the data folder, where the seven newest",
    "are kept. The output of steps and the secrets are not in it.",
  ].join("\n"),
  options: [],
  examples: ["garza backup", "garza backup /mnt/safe/garza.db", "garza backup --json | jq -r .file"],
  async run(call) {
    const { terminal, flag, args } = call;
    const places = openPlaces(call);
    refuseOtherRoot(places);
    const to = args[0] === undefined ? undefined : fileTyped(args[0], terminal.cwd);
    const { backUp, copyDatabase } = await import("../../store/backup.ts");
    const { refuseLoss } = await import("../../store/inspect.ts");
    const { withBackups } = await import("../../store/backups.ts");
    const database = databaseOf(places);
    try {
      refuseLoss(database);
      if (!statOf(database)?.size)
        throw problem({ kind: "usage", message: "nothing has run here yet: there is no database" });
      const made = to ? copyDatabase(database, to) : backUp(database, terminal.clock.now());
      terminal.out.write(flag("json") ? json(made) : `${made.file}\n`);
      if (!flag("json")) terminal.err.write(`${count(made.operations)}, ${size(made.bytes)}, checked\n`);
    } catch (cause) {
      throw withBackups(cause, database);
    }
    return 0;
  },
};

export const list: Command = {
  name: "backup list",
  takes: "",
  summary: "The backups in the data folder, newest first",
  options: [],
  examples: ["garza backup list", "garza backup list --json"],
  async run(call) {
    const { terminal, flag } = call;
    const { data } = openPlaces(call);
    const { backupFolder, listBackups } = await import("../../store/backups.ts");
    const found = listBackups(data);
    if (flag("json")) terminal.out.write(json(found));
    else if (found.length === 0) terminal.err.write(`No backups in ${backupFolder(data)}. Make one: garza backup\n`);
    else terminal.out.write(`${table(found.map(({ file, at, bytes }) => [time(at), size(bytes), file]))}\n`);
    return 0;
  },
};

export const restore: Command = {
  name: "backup restore",
  takes: "[file]",
  summary: "Put a backup in the place of the database",
  about: [
    "FILE is a path, or a name that garza backup list shows. It is checked first; the database that is there, damaged",
    "or not, is moved to damaged-TIME/ in the data folder. What was done since the backup was made is not in it, and",
    "is not known afterwards. Refused while anything runs.",
  ].join("\n"),
  options: [{ flags: "--empty", says: "Start with an empty database instead" }],
  examples: ["garza backup restore garza-20261122T170405123Z.db", "garza backup restore --empty"],
  async run(call) {
    const { terminal, flag, args } = call;
    const [typed] = args;
    const places = openPlaces(call);
    if ((typed === undefined) !== flag("empty")) {
      throw problem({
        kind: "usage",
        message: "backup restore needs either FILE or --empty",
        hint: "See what there is: garza backup list",
      });
    }
    prepareData(places);
    const file = typed === undefined ? null : await backupTyped(typed, places, call);
    const { restore } = await import("../../store/restore.ts");
    const { operations, aside } = await restore(places.data, file, terminal.clock);
    if (flag("json")) terminal.out.write(json({ file, operations, aside }));
    else {
      terminal.err.write(
        `${file === null ? "The database is empty now" : `Restored ${file}: ${count(operations)}`}\n` +
          (aside === null ? "" : `What was there is in ${aside}\n`),
      );
    }
    return 0;
  },
};

/** A second word that was mistyped makes no file of that name. */
function fileTyped(typed: string, cwd: string): string {
  const [near] = /[./]/.test(typed) ? [] : nearest(typed, ["list", "restore"]);
  if (near === undefined) return resolve(cwd, typed);
  throw problem({
    kind: "usage",
    message: `there is no command backup ${typed}`,
    hint: `Did you mean: garza backup ${near}\n  To make a backup of that name: garza backup ./${typed}`,
  });
}

async function backupTyped(typed: string, { data }: Places, { terminal }: Pick<Call, "terminal">): Promise<string> {
  const { backupFolder } = await import("../../store/backups.ts");
  const paths = [resolve(terminal.cwd, typed), ...(basename(typed) === typed ? [join(backupFolder(data), typed)] : [])];
  const found = paths.find((path) => existsSync(path));
  if (found) return found;
  throw problem({
    kind: "usage",
    message: `there is no backup ${typed}`,
    hint: "See what there is: garza backup list",
  });
}

const count = (operations: number) => `${operations} operation${operations === 1 ? "" : "s"}`;

/** `12 KiB`, `3.4 MiB`. */
function size(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1 ? `${Math.ceil(bytes / 1024)} KiB` : `${mebibytes.toFixed(1)} MiB`;
}
