/** What is printed of an operation that was just accepted: its id as data; what comes next for the person. */
import type { Accepted, AgentNote } from "../api/control.ts";
import type { Places } from "../core/config.ts";
import { showFault } from "../core/problems.ts";
import { showSafe } from "../core/redact.ts";
import { openHistory } from "../queue/history.ts";
import type { Call } from "./command.ts";
import { json } from "./output.ts";

type Said = Pick<Call, "terminal" | "flag">;

export function tellAccepted(call: Said, places: Places, accepted: Accepted, agent: AgentNote | null): void {
  const { terminal, flag } = call;
  const { id, isNew, warnings } = accepted;
  terminal.out.write(flag("json") ? json({ id, is_new: isNew, ...(warnings.length > 0 && { warnings }) }) : `${id}\n`);
  tellWarnings(call, [accepted]);
  terminal.err.write(`${isNew ? whatFollows(places, id, agent) : `it was there already: garza status ${id}`}\n`);
}

/** Each once, and not where they are data. */
export function tellWarnings({ terminal, flag }: Said, accepted: readonly Accepted[]): void {
  const texts = new Set(accepted.flatMap(({ warnings }) => warnings).map(showFault));
  if (!flag("json")) for (const text of texts) terminal.err.write(`${showSafe(text)}\n`);
}

export const nobodyRuns = "no agent runs";
export const startOne = "Start one: garza agent";

/** One line. */
export function whatFollows(places: Places, id: string, agent: AgentNote | null): string {
  if (!agent?.workers) return `${nobodyRuns}; it waits in the queue. ${startOne}`;
  const why = heldBack(places, id, agent.workers);
  return why === null ? `an agent runs it: garza logs ${id} -f` : `it waits: ${why}`;
}

/** Why it is not run as soon as a worker is free; null when it is. */
function heldBack(places: Places, id: string, workers: number): string | null {
  const history = openHistory(places);
  if (!history) return null;
  try {
    const row = history.operation(id);
    const now = { maxConcurrent: 0, workers, now: 0 };
    const isHeld = row.waiting_for !== null || history.stats(now).paused.some(({ template }) => template === null);
    return isHeld ? history.waiting(row, { workers, groupLimit: () => 1 }) : null;
  } finally {
    history.close();
  }
}
