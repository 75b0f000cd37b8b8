/** A problem as `application/problem+json`, and back. */
import { describe, type GarzaError, httpStatus, type Problem, problem } from "../core/problem.ts";
import { problems } from "../core/problems.ts";
import { isMapping } from "../core/value.ts";

export const problemType = "application/problem+json";

export type ProblemDocument = {
  type: "about:blank";
  title: string;
  status: number;
  /** Of the table of problems; or `bug`. */
  kind: string;
  detail: string;
};

/** The problem's own fields stand beside these five, which win. */
export function toDocument(data: Problem): ProblemDocument {
  return { ...data, ...heading(httpStatus(data)), kind: data.kind, detail: describe(data) };
}

/** What went wrong is for the agent's log: the caller can do nothing about it. */
export function bugDocument(): ProblemDocument {
  return { ...heading(500), kind: "bug", detail: "a bug in garza. Its log says more: garza agent logs" };
}

/** The problem that it was; one that this program does not know becomes `busy` or `input-output`. */
export function fromDocument(document: unknown, where: string): GarzaError {
  const { type: _, title: __, status, detail, ...data } = isMapping(document) ? document : {};
  if (typeof data.kind === "string" && Object.hasOwn(problems, data.kind)) {
    try {
      return problem(data as Problem);
    } catch {
      // Another version of the problem, with other fields: its text is as good as it gets.
    }
  }
  const why = typeof detail === "string" ? detail : "its answer is none";
  if (status === 503) return problem({ kind: "busy", what: why, next: "Try again" });
  return problem({ kind: "input-output", what: where, why });
}

const heading = (status: number) => ({ type: "about:blank" as const, title: titles[status] ?? "Problem", status });

/** The names of these statuses; those of `node:http` take as long to load as all of `garza --version`. */
const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Payload Too Large",
  422: "Unprocessable Entity",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};
