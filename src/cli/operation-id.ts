import type { Places } from "../core/config.ts";
import { problem } from "../core/problem.ts";
import { type History, openHistory } from "../queue/history.ts";

/** Reads something of an operation in the journal, beside whoever owns it. Throws `operation-unknown`. */
export function inHistory<Result>(places: Places, id: string, read: (history: History) => Result): Result {
  const history = openHistory(places);
  if (!history) throw problem({ kind: "operation-unknown", id });
  try {
    return read(history);
  } finally {
    history.close();
  }
}

/** The whole id of what was typed: an id, or the end of one that names only one. Throws `operation-unknown`. */
export const operationId = (places: Places, typed = ""): string =>
  inHistory(places, typed, (history) => history.operation(typed).id);
