import { createHash } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { semver } from "bun";
import { statOf } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import { commit, version } from "../../core/version.ts";
import { newestVersion } from "../../store/migrate.ts";
import type { Call } from "../command.ts";
import { type Answer, checkedBy, isFull, reasonIn, type Version, versionOf } from "./ask-program.ts";
import { type Installed, openInstalled } from "./installed.ts";
import { ownPlatform, programPlatform } from "./program-platform.ts";
import { previousOf, stage, swap } from "./swap.ts";

/** The exit code: 0, or 1 where the new agent is not well. Throws before anything was changed. */
export async function upgradeTo(call: Call, typed: string, watchedMs: number): Promise<number> {
  const { terminal, value } = call;
  const file = resolve(terminal.cwd, typed);
  if (!statOf(file)?.isFile()) throw problem({ kind: "usage", message: `there is no file ${file}` });
  const installed = openInstalled(call);
  refusePlatform(file, installed.program);
  await refuseChecksum(file, value("checksum"));
  const staged = stage(file, installed.program);
  let needsRestore: boolean;
  let found: Version;
  try {
    found = versionOf({ ask: installed.ask, program: staged });
    refuseOlder(found, file);
    installed.say(`${file} is garza ${found.garza} (${found.commit}); here is ${version} (${commit})`);
    needsRestore = tried(installed, staged);
    backUp(installed);
    if (installed.agent) installed.say("the agent drains; what still runs then goes on under its wrapper");
    installed.drain();
  } catch (thrown) {
    rmSync(staged, { force: true });
    throw thrown;
  }
  swap(staged, installed.program);
  installed.say(`${installed.program} is garza ${found.garza} now; the one before is ${previousOf(installed.program)}`);
  return told(installed, await installed.startAndWatch(watchedMs), needsRestore);
}

function refusePlatform(file: string, program: string): void {
  const [theirs, ours] = [programPlatform(file), ownPlatform(program)];
  if (theirs === ours) return;
  const what = theirs === undefined ? "is no program that garza is made for" : `is for ${theirs}, and this is ${ours}`;
  throw problem({ kind: "usage", message: `${file} ${what}; nothing was changed` });
}

async function refuseChecksum(file: string, wanted: string | undefined): Promise<void> {
  if (wanted === undefined) return;
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const found = hash.digest("hex");
  if (found === wanted.toLowerCase()) return;
  throw problem({
    kind: "usage",
    message: `${file} has the checksum ${found}, and not ${wanted}; nothing was changed`,
  });
}

function refuseOlder(found: Version, file: string): void {
  const order = semver.order(found.garza, version);
  if (order > 0 || (order === 0 && found.commit !== commit)) return;
  const message =
    order === 0 ? `${file} is this very program` : `${file} is garza ${found.garza}, older than this one (${version})`;
  throw problem({
    kind: "usage",
    message: `${message}; nothing was changed`,
    ...(order < 0 && { hint: "To the program before the last upgrade: garza agent upgrade --back" }),
  });
}

/** Whether the program that is here could not read the database any more afterwards. */
function tried({ inFolder, ask, say, places, self }: Installed, staged: string): boolean {
  if (!statOf(join(places.data, "garza.db"))) return false;
  return inFolder((folder) => {
    const copy = join(folder, "copy.db");
    const copied = ask(self, "--root", places.root, "backup", copy);
    if (copied.exitCode !== 0) throw failed("copying the database", folder, copied);
    const verdict = checkedBy({ ask, program: staged }, copy);
    if ("refused" in verdict) throw failed("trying it on a copy of the database", folder, verdict.refused);
    say(`it was tried on a copy of the database: ${verdict.operations} operations, all there`);
    return verdict.needs_schema > newestVersion;
  });
}

function backUp({ ask, self, places, say }: Installed): void {
  if (!statOf(join(places.data, "garza.db"))) return;
  const made = ask(self, "--root", places.root, "backup");
  if (made.exitCode !== 0) throw failed("backing up the database", places.data, made);
  say(`the database was backed up: ${made.stdout.trim()}`);
}

const failed = (what: string, where: string, answer: Answer) =>
  isFull(answer)
    ? problem({ kind: "storage-full", where })
    : problem({ kind: "input-output", what, why: reasonIn(answer), hint: "Nothing was changed" });

type Watched = Awaited<ReturnType<Installed["startAndWatch"]>>;

function told({ say, program }: Installed, health: Watched, needsRestore: boolean): number {
  if (health === null) {
    say("No service runs an agent here: the next garza agent is the new one");
    return 0;
  }
  if (health.isWell) {
    say(`the new agent runs and answers (process ${health.agent.pid}, garza ${health.agent.version})`);
    return 0;
  }
  say(`the new agent is not well: ${health.why}`);
  say("Look: garza agent logs");
  const back = `${previousOf(program)} agent upgrade --back`;
  say(
    needsRestore
      ? `Back to the one before, with the database of before; what was done since the upgrade is lost then: ${back} --restore`
      : `Back to the one before; nothing is lost by that: ${back}`,
  );
  return 1;
}
