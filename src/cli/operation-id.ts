import type { Places } from "../core/config.ts";
import { problem } from "../core/problem.ts";
import { openHistory } from "../queue/history.ts";

/** The whole id of what was typed: an id, or the end of one that names only one. Throws `operation-unknown`. */
export function operationId(places: Places, typed = ""): string {
  const history = openHistory(places);
  if (!history) throw problem({ kind: "operation-unknown", id: typed });
  try {
    return history.operation(typed).id;
  } finally {
    history.close();
  }
}
