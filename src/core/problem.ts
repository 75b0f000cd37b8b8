import { type Problem, problems } from "./problems.ts";

export type { Problem } from "./problems.ts";

/** The only error GARZA throws on purpose. Anything else that is thrown is a bug (exit 70). */
export class GarzaError extends Error {
  override name = "GarzaError";
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(describe(problem), options);
    this.problem = problem;
  }
}

/** `throw problem({kind: …})` reads better at the many places that do it. */
export function problem(data: Problem, cause?: unknown): GarzaError {
  return new GarzaError(data, cause === undefined ? undefined : { cause });
}

type Row = { exit: number; http: number; say: (data: never) => string };

const row = (data: Problem) => problems[data.kind] as Row;

/** What happened, where, and what to do next, for a person. */
export const describe = (data: Problem): string => row(data).say(data as never);
export const exitCode = (data: Problem): number => row(data).exit;
/** For the control API. */
export const httpStatus = (data: Problem): number => row(data).http;

/** One line for a record: the problem's text, or the message of whatever else was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
