/** Locks on resources. The local implementation is local-locks.ts; the one in git follows the same interface. */
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
  holder(resource: string): Promise<LockHolder | undefined>;
  heldBy(operation: string): Promise<LockHolder[]>;
  /** Brings the mirror files (`infra/state/locks/*.lock`) up to date. */
  refreshMirror(): Promise<void>;
};
