import { problem } from "../core/problem.ts";
import { Scope } from "./scope.ts";

/** A scope before anything runs: nothing is known of the machine, the time or the locks. */
export function emptyScope(): Scope {
  const unknown = (what: string) => () => {
    throw problem({ kind: "value-refused", code: "E_EARLY", where: what, message: "is known only to a run" });
  };
  return new Scope({
    builtIn: {},
    env: unknown("env"),
    secret: unknown("secret"),
    service: () => undefined,
    lockToken: unknown("lock"),
    now: unknown("the time"),
  });
}
