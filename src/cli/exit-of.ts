import { exitCode } from "../core/problem.ts";
import type { Followed } from "./run-operation.ts";

/** The exit code of what was followed; a bug is thrown on, to be told with its stack. */
export function exitOf(followed: Followed): number {
  if (followed === "left") return 130;
  if (followed.bug !== undefined) throw followed.bug;
  return followed.problem ? exitCode(followed.problem) : 0;
}
