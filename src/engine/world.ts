/** Everything an operation may touch, made once by whoever runs the engine and handed down. */
import type { Clock } from "../core/clock.ts";
import type { Places } from "../core/config.ts";
import type { Problem } from "../core/problem.ts";
import type { Masker } from "../core/redact.ts";
import type { Settings } from "../core/settings.ts";
import type { Tree } from "../git/tree.ts";
import type { Connections } from "../hosts/connection.ts";
import type { Inventory } from "../hosts/inventory.ts";
import type { Services } from "../hosts/services.ts";
import type { Locks } from "../locks/locks.ts";
import type { Notifier } from "../notify/notifier.ts";
import type { Claimant, Queue } from "../queue/queue.ts";
import type { StateFiles } from "../state/state-files.ts";
import type { StepType } from "../steps/step.ts";
import type { Library } from "../template/library.ts";
import type { Template } from "../template/template.ts";
import type { Journal } from "./journal/journal.ts";

/** What a dry run needs: nothing in here changes anything. */
export type ReadOnlyWorld = {
  places: Places;
  /** Environment of the agent, or of the shell that started a foreground run. */
  env: Readonly<Record<string, string>>;
  clock: Clock;
  /** Name of this machine, for people. */
  hostName: string;
  stepTypes: Readonly<Record<string, StepType>>;
  library: Library;
  inventory: Inventory;
  /** Shared by all operations of the process. */
  connections: Connections;
  services: Services;
  state: StateFiles;
  locks: Pick<Locks, "holder">;
  settings: Settings;
  /** Undefined: no such secret. */
  secret(name: string): string | undefined;
};

/** State files that machines share, beyond reading and writing them here. */
export type Sharing = {
  /** Everything that these operations have changed goes to the remote now. Null: it is there, or there is none. */
  publishNow(operations: readonly string[]): Promise<Problem | null>;
  /** Something was changed that waits for no lock. */
  publishSoon(): void;
  /** `work` moves the root's tree, whose lock is held, and sees the state files as its history has them. */
  withHistory<T>(tree: Tree, work: () => Promise<T>): Promise<T>;
  /**
   * Everything that was changed here, by hand too, goes to the remote, and the work tree gets what others have changed.
   * Null: there is no remote. Throws `state-conflict`, `remote-…`.
   */
  sync(): Promise<{ files: string[]; tree: string | null } | null>;
  /**
   * The work tree gets what others have changed, where state files are on a branch of their own: no pull brings it. Throws
   * `remote-…`.
   */
  fresh(): Promise<void>;
  /** What a process that died has left half done in the work tree is done. */
  repair(): Promise<void>;
  /** What is owed to other machines is given them, and the work tree is as they have it. Else why not. */
  settled(): Promise<Problem | null>;
  /** What this clone keeps of locks is packed, where it has become much. */
  tidy(): Promise<void>;
  end(): void;
};

export type World = ReadOnlyWorld & {
  locks: Locks;
  sharing: Sharing;
  notifier: Notifier;
  queue: Queue;
  journal: Journal;
  masker: Masker;
  claimant: Claimant;
  /** Aborted with `StandsBack` when the agent is asked to leave: no further step is begun. */
  leaving: AbortSignal;
  /** Told that the data folder has no room for what a step needs: no operation is begun until it has. */
  onFull(): void;
  /** The template with this hash, read by `read` where it is not at hand. Never changed by who gets it. */
  templates(hash: string, read: () => Template): Template;
  /** Asks the person at the terminal; null where there is none. */
  ask: ((message: string, signal: AbortSignal) => Promise<{ approved: boolean; by: string }>) | null;
};
