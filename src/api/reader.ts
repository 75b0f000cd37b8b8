/** What answers the questions about operations; the agent has it from the journal. Throws `operation-unknown`. */
import type { OperationStatus } from "../core/events.ts";
import type { Mapping } from "../core/value.ts";

/** An operation without its template's text. */
export type OperationDocument = Mapping & { id: string };

export type OperationFilter = {
  status?: OperationStatus;
  template?: string;
  limit: number;
  /** `next` of the page before. */
  cursor?: string;
};

/** Newest first. `next` is null on the last page. */
export type OperationPage = { operations: OperationDocument[]; next: string | null };

export type Reader = {
  /** By id or by the end of an id that names only one; every attempt of its steps as `steps`. */
  operation(id: string): OperationDocument;
  /** Throws `usage` for a cursor that is none. */
  list(filter: OperationFilter): OperationPage;
  stats(): Mapping;
};
