/** Locks for a program: taken, looked at, given back and waited for. */
import type { Control } from "../api/control.ts";
import type { Clock } from "../core/clock.ts";
import { GarzaError } from "../core/problem.ts";
import type { LockHolder } from "../locks/locks.ts";

export type ProgramLocks = {
  /** The fencing token; false where another has it. `by` is whose it is then. */
  acquire(resource: string, wanted: { by: string; reason?: string; ttlSeconds?: number }): Promise<number | false>;
  isLocked(resource: string): Promise<boolean>;
  /** Who has it, here or on another machine; null: nobody. */
  info(resource: string): Promise<LockHolder | null>;
  /** False: nobody had it. By force it is taken from whoever has it. Throws `lock-held` for another's. */
  release(resource: string, given: { by: string; force?: boolean }): Promise<boolean>;
  /** True when it is free (somebody else may have it a moment later), false when the time is over. Default: 10 min, 1 s. */
  wait(resource: string, limits?: { timeoutMs?: number; intervalMs?: number }): Promise<boolean>;
};

type Asked = Pick<Control, "acquireLock" | "releaseLock" | "lock">;

export function openProgramLocks({ acquireLock, releaseLock, lock }: Asked, clock: Clock): ProgramLocks {
  const isLocked = async (resource: string) => (await lock(resource)) !== null;
  return {
    async acquire(resource, { by, reason, ttlSeconds = 600 }) {
      try {
        const wanted = { resource, by, ttlSeconds, waitSeconds: 0, ...(reason !== undefined && { reason }) };
        return (await acquireLock(wanted)).token;
      } catch (thrown) {
        if (thrown instanceof GarzaError && thrown.problem.kind === "lock-held") return false;
        throw thrown;
      }
    },
    isLocked,
    info: lock,
    async release(resource, { by, force = false }) {
      if (force && !(await isLocked(resource))) return false;
      const { was_held } = await releaseLock({ resource, by, ...(force && { force: { reason: "" } }) });
      return was_held;
    },
    async wait(resource, { timeoutMs = 600_000, intervalMs = 1_000 } = {}) {
      const deadline = clock.monotonic() + timeoutMs;
      for (;;) {
        if (!(await isLocked(resource))) return true;
        const left = deadline - clock.monotonic();
        if (left <= 0) return false;
        await clock.sleep(Math.min(left, intervalMs));
      }
    },
  };
}
