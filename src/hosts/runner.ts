/** Routes that only run a command line and give back its output. */
import type { ExecResult } from "./connection.ts";

/** Rejects with `NotSent`, `Lost`, or the signal's reason. */
export type Runner = { run(line: string, options: { signal?: AbortSignal; limit?: number }): Promise<ExecResult> };
