import type { HttpAnswer } from "./http.ts";
import { forbiddenKeys, type Value } from "./value.ts";

/**
 * The body of an answer that says it is JSON; undefined where it says otherwise or is broken.
 * Keys that reach a prototype are left out.
 */
export function jsonBody(answer: Pick<HttpAnswer, "headers" | "body">): Value | undefined {
  const [type = ""] = (answer.headers["content-type"] ?? "").split(";");
  if (!/^application\/(?:[\w.-]+\+)?json$/i.test(type.trim())) return undefined;
  try {
    return JSON.parse(answer.body, (key, value) => (forbiddenKeys.has(key) ? undefined : value)) as Value;
  } catch {
    // Cut off, or no JSON after all: the text is there for whoever wants it.
    return undefined;
  }
}
