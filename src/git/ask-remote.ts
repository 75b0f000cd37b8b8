import { GarzaError } from "../core/problem.ts";
import { type GitResult, git } from "./git.ts";
import type { PrivateStore } from "./private-store.ts";
import type { RemoteTrouble } from "./remote-trouble.ts";

export const tooLate = ({ limitMs }: PrivateStore): RemoteTrouble => ({
  kind: "unreachable",
  why: `no answer within ${limitMs / 1000} s`,
});

/** A call that speaks to the remote. `late`: it was ended, and what it asked for may have been done. */
export async function askRemote(store: PrivateStore, args: readonly string[]): Promise<GitResult | "late"> {
  try {
    return await git(store, args, { limitMs: store.limitMs });
  } catch (thrown) {
    if (thrown instanceof GarzaError && thrown.problem.kind === "timed-out") return "late";
    throw thrown;
  }
}
