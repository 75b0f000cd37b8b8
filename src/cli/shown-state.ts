/** A state file as operations see it: with what is published and has not come into the work tree yet. */
import { commitsOf } from "../agent/shared-state.ts";
import type { Places } from "../core/config.ts";
import type { JsonDocument } from "../core/json.ts";
import { describe, GarzaError } from "../core/problem.ts";
import { showSafe } from "../core/redact.ts";
import { loadSettings } from "../core/settings.ts";
import { type History, openHistory } from "../queue/history.ts";
import { loadStateFile } from "../state/open-state-files.ts";
import { readStateFile } from "../state/read-state-file.ts";
import type { StateFile } from "../state/state-folder.ts";
import { readStateLog } from "../state/state-log.ts";
import { definedEnv } from "./open.ts";
import type { Terminal } from "./terminal.ts";

/** Throws `data-damaged` where the file is no JSON. Where the journal can't be read, it is the file alone, which is said. */
export async function shownState(places: Places, { env, err }: Terminal, file: StateFile): Promise<JsonDocument> {
  const history = openJournal(places, (why) =>
    err.write(`This is the work tree's; what is not in it yet can't be told: ${showSafe(why)}\n`),
  );
  try {
    const reader = history && readStateLog(history.database);
    if (!reader || reader.onTop(file.shown).length === 0) return readStateFile(file).document;
    const hasCommit = commitsOf(places.root, definedEnv({ env }), loadSettings(places, env));
    return (await loadStateFile(file, { reader, hasCommit })).document;
  } finally {
    history?.close();
  }
}

function openJournal(places: Places, onFault: (why: string) => void): History | null {
  try {
    return openHistory(places);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    onFault(describe(thrown.problem));
    return null;
  }
}
