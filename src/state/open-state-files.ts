/**
 * JSON state files of one root. Readers see a whole old or new file; changes of several processes queue
 * behind a file lock and each is made to the newest text. Where they are shared, what is not in the tree's history yet
 * is seen on top of the file, whatever a person has made of it meanwhile.
 */
import { dirname } from "node:path";
import type { Clock } from "../core/clock.ts";
import { makeFolder, tooLargeFile } from "../core/files.ts";
import { lockFile } from "../core/flock.ts";
import { stepToken } from "../core/ids.ts";
import { type JsonDocument, printJson } from "../core/json.ts";
import { toValue } from "../core/json-tree.ts";
import { replaceInTree } from "../core/tree-file.ts";
import { applyUpdates } from "./apply.ts";
import { appendEntry } from "./log-file.ts";
import { findPlaces } from "./places.ts";
import { readStateFile } from "./read-state-file.ts";
import { largestText, readStateText } from "./read-text.ts";
import { reapply } from "./reapply.ts";
import type { RecordedChange } from "./recorded-change.ts";
import { requirePath } from "./refuse.ts";
import type { Author, StateFiles } from "./state-files.ts";
import { findStateFile, type StateFile, stateLockFile } from "./state-folder.ts";
import type { StateLog, StateLogReader } from "./state-log.ts";
import { showPath } from "./state-path.ts";

export type StateFilesRequest = {
  /** Absolute. */
  root: string;
  clock: Clock;
  /** Entries that a log file keeps; older ones go. Default 1,000. */
  logLimit?: number;
  /** Where the files are shared with other machines. */
  log?: {
    reader: StateLogReader;
    /** The work tree's history has it: nothing of it is put on top any more, as others may have gone on from there. */
    hasCommit(commit: string): Promise<boolean>;
    writer?: {
      log: StateLog;
      /** Asked at every change. */
      isShared(): boolean;
      /** The text is what the work tree's history has there. */
      isInHistory(file: string, text: string): Promise<boolean>;
    };
  };
};

export function openStateFiles({ root, clock, logLimit = defaultLimit, log }: StateFilesRequest): StateFiles {
  const load = (file: string) => loadStateFile(findStateFile(root, file), log, logLimit);

  const change = async <T>(file: string, by: Author | undefined, make: Make<T>): Promise<T> => {
    const place = findStateFile(root, file);
    makeFolder(dirname(place.real));
    const held = await lockFile(stateLockFile(root));
    try {
      const { document, mode, onDisk } = await loadStateFile(place, log, logLimit);
      const recorded: RecordedChange[] = [];
      const result = make(document, (each) => recorded.push(each));
      const after = printJson(document);
      if (Buffer.byteLength(after) > largestText) throw tooLargeFile(place.shown, largestText);
      const writer = log?.writer?.isShared() ? log.writer : undefined;
      if (recorded.length > 0) await writer?.log.record(place.shown, by ?? aPerson(), recorded, clock.now());
      if (writer && by?.quiet) return result;
      if (after !== (onDisk ?? printJson(readStateText(undefined, file)))) {
        // What a person has made of it stays theirs, with our change in it.
        const isClean =
          writer &&
          (onDisk === undefined ||
            writer.log.isOurs(place.shown, onDisk) ||
            (await writer.isInHistory(place.shown, onDisk)));
        if (isClean) await writer.log.willWrite(place.shown, after);
        replaceInTree(root, place.real, after, mode);
        if (isClean) await writer.log.wrote(place.shown);
      }
      return result;
    } finally {
      held.release();
    }
  };

  return {
    read: async (file) => toValue((await load(file)).document.root),
    async get(file, path) {
      requirePath(path, file);
      return findPlaces((await load(file)).document.root, path).map(({ node, at }) => ({
        path: showPath(at),
        value: toValue(node),
      }));
    },
    preview: async (file, updates) => applyUpdates((await load(file)).document, updates),
    update: (file, updates, by) => change(file, by, (document, record) => applyUpdates(document, updates, record)),
    append: (file, entry, id, by) =>
      change(file, by, (document, record) => {
        const at = clock.now();
        record({ kind: "append", id, entry, at, ...(by?.quiet && { quiet: true }) });
        return appendEntry(document, { entry, id, now: at, limit: logLimit, file });
      }),
  };
}

const defaultLimit = 1_000;

const aPerson = (): Author => ({ operation: null, token: stepToken() });

type Make<T> = (document: JsonDocument, record: (change: RecordedChange) => void) => T;

type Seen = { document: JsonDocument; mode: number; onDisk: string | undefined };

/** With what is on top of it. */
export async function loadStateFile(
  file: StateFile,
  log: Pick<NonNullable<StateFilesRequest["log"]>, "reader" | "hasCommit"> | undefined,
  logLimit = defaultLimit,
): Promise<Seen> {
  const changes = log ? await changesOnTop(file, log) : [];
  const { document, mode, text: onDisk } = readStateFile(file);
  if (changes.length === 0) return { document, mode, onDisk };
  const { text } = reapply(onDisk, changes, { file: file.shown, logLimit });
  return { document: readStateText(text, file.shown), mode, onDisk };
}

async function changesOnTop(
  file: StateFile,
  { reader, hasCommit }: Pick<NonNullable<StateFilesRequest["log"]>, "reader" | "hasCommit">,
) {
  const rows = reader.onTop(file.shown);
  const known = new Map<string | null, boolean>([[null, false]]);
  for (const { publishedIn } of rows) {
    if (publishedIn !== null && !known.has(publishedIn)) known.set(publishedIn, await hasCommit(publishedIn));
  }
  return rows.filter(({ publishedIn }) => !known.get(publishedIn)).flatMap((each) => each.changes);
}
