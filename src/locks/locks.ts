/** Locks on resources. The local implementation is local-locks.ts; the one in git follows the same interface. */
export type LockHolder = {
  resource: string;
  /** Fencing token: grows at every acquire of this resource, never falls. */
  token: number;
  operation: string;
  operator: string;
  host: string;
  reason?: string;
  /** Milliseconds since 1970. */
  since: number;
};

export type LockRequest = {
  resource: string;
  operation: string;
  /** Operations whose locks count as our own (the parents of a nested one). */
  within: readonly string[];
  operator: string;
  reason?: string;
  ttlSeconds?: number;
  /** 0: fail at once. */
  waitSeconds: number;
  signal: AbortSignal;
};

export type Locks = {
  /** The fencing token. Re-entrant for the operation and its parents. Throws `lock-held`. */
  acquire(request: LockRequest): Promise<number>;
  /** True: was ours and is free now. False: nobody held it. Throws `lock-held` when another does (see force). */
  release(release: { resource: string; operation: string; force: boolean }): Promise<boolean>;
  holder(resource: string): Promise<LockHolder | undefined>;
  heldBy(operation: string): Promise<LockHolder[]>;
  /** Brings the mirror files (`infra/state/locks/*.lock`) up to date. */
  refreshMirror(): Promise<void>;
};
