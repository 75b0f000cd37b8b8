/**
 * A disk with a cache that is lost when the power goes.
 *
 * What is safe: the bytes of a file once the file was synced, a name once its folder was. Everything later is, each by
 * chance, kept, dropped or torn. Of a write, each sector of 512 bytes is there or not; a sector never goes back behind
 * what was synced, and holds what stood there after one of the writes to it, for it is written from memory as a whole.
 * Where a file grew and its bytes did not come along, there are zeros. A name that is dropped takes along what was done
 * to it later, and a rename happens as a whole.
 *
 * This is what POSIX promises and no more: real file systems keep names in their order and secure a new file's name
 * together with the file (ext4, XFS, Btrfs), and disks write 4096 bytes at once. What holds here holds there.
 */
import { dirname } from "node:path";
import { bytesOf, type Content, contentOf, resize, write } from "./content.ts";
import type { Act } from "./record.ts";
import type { Tree } from "./tree.ts";

const sector = 512;

type Unsynced = { place: number; at: number; bytes: Buffer } | { place: number; size: number };
type File = { safe: Content; now: Content; unsynced: Unsynced[] };
type Entry = File | "folder";
type NameChange = { place: number; touches: string[]; put?: { path: string; entry: Entry }; drop?: string };

/** What becomes of what was not synced: a change of names (or of a size) as a whole, a write sector by sector. */
export type Fate = { isKept(): boolean; isSectorKept(): () => boolean };

/** `base` is safe. */
export function openDisk(base: Tree) {
  const safe = new Map<string, Entry>();
  for (const [path, content] of base) {
    const isFolder = content === "folder";
    safe.set(path, isFolder ? content : { safe: contentOf(content), now: contentOf(content), unsynced: [] });
  }
  const now = new Map(safe);
  let changes: NameChange[] = [];

  const fileAt = (path: string): File => {
    const entry = now.get(path);
    if (!entry || entry === "folder") throw new Error(`${path} is no file, and something was done to it`);
    return entry;
  };
  const name = (change: NameChange) => {
    changes.push(change);
    rename(now, change);
  };
  const syncFolder = (path: string, before: number) => {
    const isSafe = new Set<NameChange>();
    // From the last to the first: what a name went through before comes along.
    for (const change of changes.toReversed()) {
      const { place, touches } = change;
      const isHere = place < before && touches.some((each) => dirname(each) === path);
      const comesAlong = [...isSafe].some((later) => later.touches.some((each) => touches.includes(each)));
      if (isHere || comesAlong) isSafe.add(change);
    }
    for (const change of changes) if (isSafe.has(change)) rename(safe, change);
    changes = changes.filter((change) => !isSafe.has(change));
  };
  const sync = (path: string, before: number) => {
    const entry = now.get(path);
    if (entry === "folder") syncFolder(path, before);
    else if (entry) syncFile(entry, before);
  };

  return {
    /** `place` is the act's number in the recording. Throws for what can't have happened. */
    apply(act: Act, place: number): void {
      if (act.kind === "said") return;
      if (act.kind === "sync")
        for (const path of act.path === undefined ? now.keys() : [act.path]) sync(path, act.since);
      else if (isOfBytes(act)) change(fileAt(act.path), { place, ...bytesOrSize(act, fileAt(act.path)) });
      else if (act.kind !== "create") name(nameChange(act, place, fileAt));
      else if (!now.has(act.path)) {
        const entry = { safe: contentOf(nothing), now: contentOf(nothing), unsynced: [] };
        name({ place, touches: [act.path], put: { path: act.path, entry } });
      } else if (act.empty) change(fileAt(act.path), { place, size: 0 });
    },

    /** What the program itself sees. */
    seen: (): Tree =>
      new Map([...now].map(([path, entry]) => [path, entry === "folder" ? entry : Buffer.from(bytesOf(entry.now))])),

    /** What is there when the power comes back. */
    afterPowerLoss(fate: Fate): Tree {
      const names = new Map(safe);
      const dropped: NameChange[] = [];
      for (const each of changes) {
        if (dropped.some((earlier) => needs(each, earlier)) || !fate.isKept()) dropped.push(each);
        else rename(names, each);
      }
      const tree: Tree = new Map();
      for (const [path, entry] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (!base.has(path) && tree.get(dirname(path)) !== "folder") continue;
        tree.set(path, entry === "folder" ? entry : remains(entry, fate));
      }
      return tree;
    },
  };
}

const nothing = new Uint8Array();

type OfBytes = Extract<Act, { kind: "write" | "resize" | "grow" }>;
type OfNames = Extract<Act, { kind: "folder" | "remove" | "link" | "rename" }>;

const isOfBytes = (act: Act): act is OfBytes => act.kind === "write" || act.kind === "resize" || act.kind === "grow";

function bytesOrSize(act: OfBytes, { now }: File) {
  if (act.kind === "write") return { at: act.at ?? now.size, bytes: act.bytes };
  return { size: act.kind === "grow" ? Math.max(act.size, now.size) : act.size };
}

function nameChange(act: OfNames, place: number, fileAt: (path: string) => File): NameChange {
  const { path } = act;
  if (act.kind === "remove") return { place, touches: [path], drop: path };
  if (act.kind === "folder") return { place, touches: [path], put: { path, entry: "folder" } };
  const put = { path, entry: fileAt(act.from) };
  return act.kind === "link"
    ? { place, touches: [path], put }
    : { place, touches: [act.from, path], put, drop: act.from };
}

function rename(names: Map<string, Entry>, { put, drop }: NameChange): void {
  if (drop !== undefined) names.delete(drop);
  if (put) names.set(put.path, put.entry);
}

/** Whether one change of names can't have happened without an earlier one. */
const needs = (later: NameChange, earlier: NameChange) =>
  later.touches.some((a) => earlier.touches.some((b) => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)));

function change(file: File, unsynced: Unsynced): void {
  file.unsynced.push(unsynced);
  play(file.now, unsynced);
}

function syncFile(file: File, before: number): void {
  for (const each of file.unsynced) if (each.place < before) play(file.safe, each);
  file.unsynced = file.unsynced.filter(({ place }) => place >= before);
}

function play(content: Content, unsynced: Unsynced): void {
  if ("size" in unsynced) resize(content, unsynced.size);
  else write(content, unsynced.at, unsynced.bytes);
}

function remains({ safe, now, unsynced }: File, fate: Fate): Buffer {
  const room = Math.max(safe.size, now.size);
  const [left, seen] = [contentOf(bytesOf(safe), room), contentOf(bytesOf(safe), room)];
  for (const each of unsynced) {
    play(seen, each);
    if ("size" in each) {
      if (fate.isKept()) resize(left, each.size);
      continue;
    }
    const isSectorKept = fate.isSectorKept();
    const end = each.at + each.bytes.length;
    for (let from = each.at - (each.at % sector); from < end; from += sector) {
      if (isSectorKept()) write(left, from, bytesOf(seen).subarray(from, from + sector));
    }
  }
  return bytesOf(left);
}
