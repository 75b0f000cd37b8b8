/**
 * Locks on resources. Those of one machine are kept in its database (local-locks.ts); where the repository has a
 * remote, the same locks are held there as well, against other machines (open-locks.ts).
 */
import type { Problem } from "../core/problem.ts";
import type { TakeAway } from "./take-away.ts";
import type { Move } from "./transact.ts";

export type LockHolder = {
  resource: string;
  /** Fencing token: grows at every acquire of this resource, never falls. */
  token: number;
  operation: string;
  operator: string;
  host: string;
  /** What the holder calls what it does. */
  label?: string;
  reason?: string;
  /** Milliseconds since 1970. */
  since: number;
  ttlSeconds?: number;
  /** `shared`: against all machines. `local`: on this one alone. `away`: another machine has it. `file`: another tool. */
  scope: "shared" | "local" | "away" | "file";
  /** Of another tool: its file in the shared branch. */
  file?: string;
  /** The step that took it, and when its holder was last heard of: of other machines. */
  step?: string;
  renewed?: number;
  /** Milliseconds since 1970: when it runs out unless it is renewed. Undefined: never, on this machine. */
  expires?: number;
};

export type LockRequest = {
  resource: string;
  operation: string;
  /** Operations whose locks count as our own (the parents of a nested one). */
  within: readonly string[];
  /** Empty: who asked for the operation. */
  operator: string;
  label?: string;
  reason?: string;
  ttlSeconds?: number;
  /** Token of the asking step: run again after a crash, it does not hold the lock twice. */
  step?: string;
  /** 0: fail at once. */
  waitSeconds: number;
  signal: AbortSignal;
};

export type LockRelease = {
  resource: string;
  operation: string;
  /** Takes it from another operation that has ended, or whose lease ran out. */
  force: boolean;
  /** However often it was taken. */
  all?: boolean;
  step?: string;
};

export type Locks = {
  /** The fencing token. Re-entrant for the operation and its parents. Throws `lock-held`. */
  acquire(request: LockRequest): Promise<number>;
  /**
   * True: it was ours; it is free once it was released as often as it was taken. A parent's lock stays with the
   * parent. False: nobody held it. Throws `lock-held` when another does. The change is part of the commit of
   * the turn it was called in.
   */
  release(release: LockRelease): Promise<boolean>;
  /** By force, from whoever has it: exactly what was seen. Throws `busy` where that has changed. */
  takeAway(wanted: TakeAway): Promise<void>;
  holder(resource: string): Promise<LockHolder | undefined>;
  heldBy(operation: string): Promise<LockHolder[]>;
  /**
   * Before an operation is carried on: each shared lock that it had is taken again. Throws `lock-moved` where another
   * had it meanwhile, `remote-unreachable`.
   */
  retake(operation: string): Promise<void>;
  /** Shared locks from before, whose operations wait for something here, are renewed again. */
  adopt(): Promise<void>;
  /** When everything that was released is free for other machines, too. What could not be told them now. */
  settled(): Promise<Problem | null>;
  /** Until when what these operations have begun may run on by itself; undefined: they hold no shared lock. */
  until(operations: readonly string[]): number | undefined;
  listen(listener: LockListener): () => void;
  /** Brings the mirror files (`infra/state/locks/*.lock`) up to date with what is known here. */
  refreshMirror(): Promise<void>;
  /** Asks the remote for every lock, and brings the mirror files up to date. Throws `remote-unreachable`. */
  lookAround(): Promise<LockHolder[]>;
  /** The transitions of these leases, renewed or given back, pushed with whatever is to go with them. */
  move: Move;
  /** Operations wait for these: what another machine has of them is looked after. */
  awaited(resources: readonly string[]): void;
  end(): void;
};

export type LockEvent =
  /** `until` has moved forward. */
  | { type: "renewed"; resource: string; operation: string }
  /** It counts no more. Whatever is under way under it has to stop at once. */
  | { type: "lost"; resource: string; operation: string; why: string };
export type LockListener = (event: LockEvent) => void;
