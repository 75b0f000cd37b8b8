/** Rows of the journal as documents: for the socket, and for --json. */
import type { Mapping, Value } from "../core/value.ts";
import type { OperationRow, StepRow } from "./rows.ts";

const parsed = (text: string | null): Value => (text === null ? null : (JSON.parse(text) as Value));

/** Without the template's text; JSON columns as values. `waiting` says in words what it waits for. */
export function operationDocument(row: OperationRow, waiting: string | null = null): Mapping & { id: string } {
  const {
    template_text: _,
    attached: __,
    parameters,
    owner,
    after,
    hosts,
    death_of: ___,
    crash_loop: ____,
    ...rest
  } = row;
  const values = { parameters: parsed(parameters), hosts: parsed(hosts), owner: parsed(owner), after: parsed(after) };
  return { ...rest, ...values, waiting };
}

export function stepDocument({ intent, handle, result, token: _, ...row }: StepRow): Mapping {
  return { ...row, intent: parsed(intent), handle: parsed(handle), result: parsed(result) };
}
