import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { networkFileSystem } from "../../core/data-folder.ts";
import { messageOf } from "../../core/problem.ts";
import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

const GiB = 2 ** 30;

export async function checkDataFolder({ places, terminal: { platform } }: Patient): Promise<Finding[]> {
  if (!places) return [];
  const { data } = places;
  const there = nearestFolder(data);
  const kind = networkFileSystem(data, platform);
  const findings = [
    writable(data, there),
    kind
      ? fail(
          "file system",
          `${data} is on a network file system (${kind})`,
          "Name a folder on a local disk with GARZA_HOME",
        )
      : ok("file system", "local"),
    space(there),
    ...memory(data, there, platform),
  ];
  return there === data ? [...findings, closed(data)] : findings;
}

function nearestFolder(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) ? path : nearestFolder(dirname(path));
}

function writable(data: string, there: string): Finding {
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
    return ok("data folder", there === data ? data : `${data} (made at the first run)`);
  } catch (cause) {
    return fail("data folder", `${data} can't be written: ${messageOf(cause)}`, "Name another one with GARZA_HOME");
  }
}

/** Magic number of statfs(2): what is in there is gone after a reboot. */
const tmpfs = 0x01021994;

function memory(data: string, there: string, platform: string): Finding[] {
  if (platform !== "linux" || statfsSync(there).type !== tmpfs) return [];
  const remedy = "Name a folder on a disk with GARZA_HOME";
  return [warn("file system", `${data} is in memory: accepted operations are lost at a reboot`, remedy)];
}

function space(folder: string): Finding {
  const { bavail, bsize, files, ffree } = statfsSync(folder);
  const free = bavail * bsize;
  const remedy = "Free some; the output of old operations is in the data folder's output/";
  if (free < GiB) return warn("space", `${(free / GiB).toFixed(2)} GiB are free`, remedy);
  if (files > 0 && ffree < 1_000) return warn("space", `only ${ffree} files can still be made`, remedy);
  return ok("space", `${(free / GiB).toFixed(1)} GiB are free`);
}

function closed(data: string): Finding {
  if ((statSync(data).mode & 0o077) === 0) return ok("permissions", "only you can read the data folder");
  return fail("permissions", `other users can read ${data}`, `chmod 700 ${data}`);
}
