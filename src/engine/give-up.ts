import type { World } from "./world.ts";

/** Nothing more is tried, of what runs within it neither: that would wait, with its locks, for a parent that is gone. */
export async function giveUp(world: World, id: string): Promise<void> {
  const { queue, locks, journal, claimant } = world;
  await journal.giveUp(id);
  for (const child of queue.children(id).filter(({ ended_at }) => ended_at === null)) {
    await giveUp(world, child.id);
    const { epoch } = await queue.claim(child.id, claimant);
    const held = await locks.heldBy(child.id);
    const error = `operation ${id} was given up`;
    const lost = { status: "failed", reason: "crash_loop", error, failed_step: null, rollback: "failed" } as const;
    await Promise.all([
      ...held.map(({ resource }) => locks.release({ resource, operation: child.id, force: false, all: true })),
      queue.end({ id: child.id, epoch }, { ...lost, attention: null, duration_ms: 0 }),
    ]);
  }
}
