/**
 * The data folder as a place that can be trusted: of the root's owner alone, on this machine's own disk,
 * for one root, with the random id that tells this machine (and clone) from others.
 */
import { chmodSync, readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Places } from "./config.ts";
import { makeLastingFolder, replaceFile, statOf } from "./files.ts";
import { sha256 } from "./hash.ts";
import { randomHex } from "./ids.ts";
import { problem } from "./problem.ts";

/** `id` names this data folder on this machine; a copy of the folder elsewhere gets its own. */
export type Machine = { id: string; root: string; tie: string | null };

/** Makes the data folder (0700) where needed, checks it, and returns the machine's identity. */
export function prepareData(places: Places, user: number | undefined = process.getuid?.()): Machine {
  refuseOtherOwner(places.root, user);
  makeLastingFolder(places.data);
  refuseNetworkFolder(places.data);
  refuseOpenFolder(places.data, user);
  return identify(places);
}

/** Never a root-owned file in a user's repository, nor work under an identity that can't be meant. */
function refuseOtherOwner(root: string, user: number | undefined): void {
  const owner = statSync(root).uid;
  if (user === undefined || user === owner) return;
  throw problem({
    kind: "not-allowed",
    what: `${root} belongs to user ${owner}, and you are user ${user}`,
    next: `Run it as its owner: sudo -u '#${owner}' garza …`,
  });
}

function refuseOpenFolder(data: string, user: number | undefined): void {
  const { mode, uid } = statSync(data);
  if (user !== undefined && uid !== user) {
    throw problem({
      kind: "not-allowed",
      what: `the data folder ${data} belongs to user ${uid}, and you are user ${user}`,
      next: "Name another one with GARZA_HOME",
    });
  }
  if ((mode & 0o077) === 0) return;
  // Only what is ours, or empty, is closed without asking: GARZA_HOME may name a home folder by mistake.
  const names = readdirSync(data);
  if (names.length > 0 && !names.includes("machine.json")) {
    throw problem({
      kind: "not-allowed",
      what: `the data folder ${data} can be read by other users`,
      next: `If it is meant to hold garza's data: chmod 700 ${data}`,
    });
  }
  chmodSync(data, 0o700);
}

/** Kernel locks and the database's shared memory are not dependable there. */
export function refuseNetworkFolder(data: string): void {
  const kind = networkFileSystem(data);
  if (kind === undefined) return;
  throw problem({
    kind: "configuration",
    where: data,
    message: `the data folder is on a network file system (${kind}), where locks can't be trusted`,
    hint: "Name a folder on a local disk with GARZA_HOME",
  });
}

/** The kind of network file system that holds the path (or its nearest existing parent); Linux only. */
export function networkFileSystem(path: string, platform: string = process.platform): string | undefined {
  if (platform !== "linux") return undefined;
  let existing = path;
  while (!statOf(existing)) existing = dirname(existing);
  return networkKinds.get(statfsSync(existing).type >>> 0);
}

/** Magic numbers of statfs(2). */
const networkKinds = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x5346414f, "AFS"],
  [0x6b414653, "AFS"],
  [0x73757245, "Coda"],
  [0x564c, "NCP"],
  [0x01021997, "9P"],
  [0x00c36400, "Ceph"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x7461636f, "OCFS2"],
  [0x01161970, "GFS2"],
  [0x19830326, "BeeGFS"],
  [0x786f4256, "VirtualBox shared folder"],
]);

function identify({ root, data }: Places): Machine {
  const file = join(data, "machine.json");
  const tie = machineTie();
  const known = refuseOtherRoot({ root, data });
  if (known && known.root === root && known.tie === tie) return known;
  // A folder that was copied, or whose root moved, is another machine to the locks.
  const machine: Machine = { id: randomHex(12), root, tie };
  replaceFile(file, `${JSON.stringify(machine, null, 2)}\n`);
  return machine;
}

/** Throws `configuration` for another root's data folder; returns what the folder says of itself, if anything. */
export function refuseOtherRoot({ root, data }: Places): Machine | undefined {
  const known = readMachine(join(data, "machine.json"));
  if (!known || known.root === root || !statOf(join(known.root, "operations"))) return known;
  throw problem({
    kind: "configuration",
    where: data,
    message: `this data folder is that of ${known.root}, not of ${root}: one folder serves one root`,
    hint: "Unset GARZA_HOME, or give each root its own",
  });
}

function readMachine(file: string): Machine | undefined {
  if (!statOf(file)) return undefined;
  try {
    const { id, root, tie } = JSON.parse(readFileSync(file, "utf8")) as Machine;
    if (typeof id === "string" && typeof root === "string") return { id, root, tie: tie ?? null };
  } catch (cause) {
    throw problem({ kind: "data-damaged", file, why: "it is not JSON", hint: renewed(file) }, cause);
  }
  throw problem({ kind: "data-damaged", file, why: "it has no id", hint: renewed(file) });
}

/** To the locks that machines share it is another machine then. */
const renewed = (file: string) => `Without it this machine gets a new identity: rm '${file}'`;

/** The operating system's own identity, hashed: it is not ours to store. Null where there is none. */
function machineTie(file = "/etc/machine-id"): string | null {
  if (!statOf(file)) return null;
  return sha256(`garza ${readFileSync(file, "utf8").trim()}`).slice(0, 16);
}
