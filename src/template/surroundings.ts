import type { Mapping } from "../core/value.ts";

export type BuiltInsRequest = {
  /** Milliseconds since 1970: what `current_…` say for as long as the operation runs. */
  startedAt: number;
  operation: { id: string; name: string };
  hostName: string;
  /** Of the template: each hides a built-in of its name, also where it was not given. */
  parameters?: readonly { name: string }[];
};

/** The names that every operation sees without setting them. Times are UTC. */
export function builtIns({ startedAt, operation, hostName, parameters = [] }: BuiltInsRequest): Mapping {
  const timestamp = new Date(startedAt).toISOString();
  const all: Mapping = {
    current_date: timestamp.slice(0, 10),
    current_time: timestamp.slice(11, 19),
    current_timestamp: timestamp,
    operation: { id: operation.id, name: operation.name },
    host: { name: hostName },
  };
  const hidden = new Set(parameters.map(({ name }) => name));
  return Object.fromEntries(Object.entries(all).filter(([name]) => !hidden.has(name)));
}
