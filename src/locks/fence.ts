/** Stops what works under a lease when its time is over, whatever else is under way, such as a push that hangs. */
import { alarm } from "../core/clock.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Lease } from "./leases.ts";

export type Fence = {
  /** A lease was taken, or renewed. */
  look(): void;
  end(): void;
};

/** `late`: its time is over; called once for each, and not to throw. */
export function openFence(deadlines: Deadlines, owned: () => Lease[], late: (lease: Lease) => void): Fence {
  let callOff = () => {};
  const look = () => {
    callOff();
    const left = owned().flatMap((lease) => {
      const ms = deadlines.leftMs(lease.resource) ?? 0;
      if (ms > 0) return [ms];
      deadlines.clear(lease.resource);
      late(lease);
      return [];
    });
    // A machine that slept wakes up late: it looks at least every few seconds.
    if (left.length > 0) callOff = alarm(Math.min(...left, 5_000), look);
  };
  return { look, end: () => callOff() };
}
