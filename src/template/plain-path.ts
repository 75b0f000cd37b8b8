import { problem } from "../core/problem.ts";
import type { StatePath } from "../state/state-path.ts";
import { ExpressionError } from "./expression-error.ts";
import { readStatePath } from "./state-path-syntax.ts";

/** A state path outside of a template, where nothing fills in a `${…}`. Throws `usage`. */
export function plainPath(text: string): StatePath {
  try {
    return readStatePath(text).map((segment) => {
      if (!Array.isArray(segment)) return segment;
      return segment.map((part) => (typeof part === "string" ? part : part.source)).join("");
    });
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    throw problem({ kind: "usage", message: `${JSON.stringify(text)} is no state path: ${thrown.message}` }, thrown);
  }
}
