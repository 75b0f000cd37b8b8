import type { Mapping, Value } from "../core/value.ts";
import type { StatePath } from "./state-path.ts";

export type StateUpdate = { path: StatePath /** As written, for messages. */; text: string; value: Value | undefined };
export type StateChange = { path: string; before: Value | undefined; after: Value | undefined };

/** JSON state files under `infra/state/` of the root. */
export type StateFiles = {
  /** The whole file; an absent file is an empty mapping. */
  read(file: string): Promise<Value>;
  /** Every place the path names (several with `*`). */
  get(file: string, path: StatePath): Promise<{ path: string; value: Value }[]>;
  /** What `update` would change, without changing it. */
  preview(file: string, updates: StateUpdate[]): Promise<{ changes: StateChange[]; warnings: string[] }>;
  update(file: string, updates: StateUpdate[], by?: Author): Promise<{ changes: StateChange[]; warnings: string[] }>;
  /** Appends to the list in a log file (`operations` or `history`); returns the entry's id. */
  append(file: string, entry: Mapping, id: string, by?: Author): Promise<string>;
};

/**
 * Who changes something; without one it is a person. `token`: the same change under the same token is recorded once.
 * `quiet`: where the file is shared, the work tree has it only when it is published, and nobody's git pull waits for that.
 */
export type Author = { operation: string | null; token: string; quiet?: true };
