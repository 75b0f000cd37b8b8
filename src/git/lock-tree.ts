import { join } from "node:path";
import { type FileLock, lockFile } from "../core/flock.ts";
import { endMove } from "./move-tree.ts";
import type { Tree } from "./tree.ts";

/**
 * One git step at a time in a repository. Hand its descriptor to the step's process: it must live as long. What who had it
 * before has left half done in the tree is done first.
 */
export async function lockTree(tree: Tree): Promise<FileLock> {
  const lock = await lockFile(join(tree.common, "garza", "tree.lock"), tree.signal);
  try {
    await endMove(tree);
    return lock;
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** `work` has the tree's lock. */
export async function inLockedTree<T>(tree: Tree, work: () => Promise<T>): Promise<T> {
  const lock = await lockTree(tree);
  try {
    return await work();
  } finally {
    lock.release();
  }
}
