import type { StateFiles } from "./state-files.ts";

/** What `infra/state/operations.json` keeps of an operation that ended. */
export type OperationEntry = {
  id: string;
  template: string;
  type: "deploy" | "maintain" | "recovery";
  status: "success" | "failed" | "cancelled" | "interrupted";
  target: string | null;
  /** ISO 8601. */
  started_at: string;
  ended_at: string;
  operator: string;
  host: string;
  error: string | null;
};

export const operationsFile = "operations.json";

/** Writing it again, after a crash, changes nothing. */
export function appendOperationEntry(state: StateFiles, entry: OperationEntry): Promise<string> {
  return state.append(operationsFile, { ...entry, timestamp: entry.ended_at }, entry.id, {
    operation: entry.id,
    token: `${entry.id}-ended`,
    quiet: true,
  });
}
