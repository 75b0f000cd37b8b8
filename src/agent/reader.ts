/** The answers to questions about operations, from the journal: read beside its owner, or by the owner itself. */
import type { OperationFilter, Reader } from "../api/reader.ts";
import type { Places } from "../core/config.ts";
import { problem } from "../core/problem.ts";
import { groupLimit, type Settings } from "../core/settings.ts";
import type { Mapping } from "../core/value.ts";
import { operationDocument, stepDocument } from "../queue/documents.ts";
import type { History } from "../queue/history.ts";
import type { OperationRow } from "../queue/rows.ts";
import { maskerFor, shownStep } from "./shown-secrets.ts";

export type ReaderRequest = {
  history: History;
  settings: Settings;
  /** Operations that are run at once now; 0 when no agent runs. */
  workers(): number;
  now: () => number;
  places: Places;
  /** Where secrets are looked up, to mask them. */
  env: Readonly<Record<string, string | undefined>>;
};

export function openReader({ history, settings, workers, now, places, env }: ReaderRequest): Reader {
  const surroundings = () => ({ workers: workers(), groupLimit: (group: string) => groupLimit(settings, group) });
  const documents = (rows: readonly OperationRow[]) => {
    const masking = maskerFor(places, rows, { env, platform: process.platform });
    const document = (row: OperationRow) =>
      masking.maskValue(operationDocument(row, history.waiting(row, surroundings()))) as Mapping & { id: string };
    return { masking, document };
  };
  return {
    operation(id) {
      const row = history.operation(id);
      const { masking, document } = documents([row]);
      const shown = shownStep(masking);
      return { ...document(row), steps: history.steps(row.id).map((step) => stepDocument(shown(step))) };
    },
    list(filter) {
      const rows = page(history, filter);
      const shown = rows.slice(0, filter.limit);
      const last = rows.length > filter.limit ? shown.at(-1) : undefined;
      return {
        operations: shown.map(documents(shown).document),
        next: last ? cursorOf(last, filter) : null,
      };
    },
    stats: () =>
      history.stats({ workers: workers(), maxConcurrent: Number(settings["queue.max_concurrent"].value), now: now() }),
  };
}

/** One more than was asked for tells whether there is a next page. */
function page(history: History, { status, template, limit, cursor }: OperationFilter): OperationRow[] {
  const at = cursor === undefined ? undefined : readCursor(cursor);
  const of = { ...(template !== undefined && { template }), limit: limit + 1 };
  if (status === "queued") return history.queued({ ...of, ...(at && { after: at }) });
  return history.list({ ...of, ...(status && { status }), ...(at && { before: at.sequence }) });
}

const cursorOf = ({ priority, sequence }: OperationRow, { status }: OperationFilter): string =>
  status === "queued" ? `${priority}.${sequence}` : String(sequence);

function readCursor(cursor: string): { priority: number; sequence: number } {
  const [, priority = "0", sequence] = /^(?:(\d)\.)?(\d{1,15})$/.exec(cursor) ?? [];
  if (sequence !== undefined) return { priority: Number(priority), sequence: Number(sequence) };
  throw problem({
    kind: "usage",
    message: `${JSON.stringify(cursor)} is no cursor`,
    hint: "Take `next` of the page before",
  });
}
