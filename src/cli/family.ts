import type { History } from "../queue/history.ts";
import type { OperationRow } from "../queue/rows.ts";

/** The operation and those nested in it, each after its parent. */
export function familyOf(history: History, operation: OperationRow): OperationRow[] {
  return [operation, ...history.children(operation.id).flatMap((child) => familyOf(history, child))];
}
