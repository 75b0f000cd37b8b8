/**
 * JSON state files of one root. Readers see a whole old or new file; changes of several processes queue
 * behind a file lock and each is made to the newest text.
 */
import { dirname } from "node:path";
import type { Clock } from "../core/clock.ts";
import { makeFolder, replaceFile, tooLargeFile } from "../core/files.ts";
import { lockFile } from "../core/flock.ts";
import { type JsonDocument, printJson } from "../core/json.ts";
import { toValue } from "../core/json-tree.ts";
import { applyUpdates } from "./apply.ts";
import { appendEntry } from "./log-file.ts";
import { findPlaces } from "./places.ts";
import { readStateFile } from "./read-state-file.ts";
import { largestText } from "./read-text.ts";
import { requirePath } from "./refuse.ts";
import type { StateFiles } from "./state-files.ts";
import { findStateFile, type StateFile, stateLockFile } from "./state-folder.ts";
import { showPath } from "./state-path.ts";

export type StateFilesRequest = {
  /** Absolute. */
  root: string;
  clock: Clock;
  /** Entries that a log file keeps; older ones go. Default 1,000. */
  logLimit?: number;
};

export function openStateFiles({ root, clock, logLimit = 1000 }: StateFilesRequest): StateFiles {
  const change = async <T>(file: string, make: (document: JsonDocument) => T) =>
    changeFile(root, findStateFile(root, file), make);
  return {
    read: async (file) => toValue(readStateFile(findStateFile(root, file)).document.root),
    async get(file, path) {
      requirePath(path, file);
      const { document } = readStateFile(findStateFile(root, file));
      return findPlaces(document.root, path).map(({ node, at }) => ({ path: showPath(at), value: toValue(node) }));
    },
    preview: async (file, updates) => applyUpdates(readStateFile(findStateFile(root, file)).document, updates),
    update: (file, updates) => change(file, (document) => applyUpdates(document, updates)),
    append: (file, entry, id) =>
      change(file, (document) => appendEntry(document, { entry, id, now: clock.now(), limit: logLimit, file })),
  };
}

async function changeFile<T>(root: string, file: StateFile, make: (document: JsonDocument) => T): Promise<T> {
  makeFolder(dirname(file.real));
  const held = await lockFile(stateLockFile(root));
  try {
    const { document, mode } = readStateFile(file);
    const before = printJson(document);
    const result = make(document);
    const after = printJson(document);
    if (Buffer.byteLength(after) > largestText) throw tooLargeFile(file.shown, largestText);
    if (after !== before) replaceFile(file.real, after, mode);
    return result;
  } finally {
    held.release();
  }
}
