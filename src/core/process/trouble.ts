/** Errors of the operating system as problems: what the machine lacks is told apart from what was asked wrong. */
import { translate } from "../files.ts";
import { problem } from "../problem.ts";

const lacking: Record<string, string> = {
  EMFILE: "too many files open in this process",
  ENFILE: "too many files open",
  EAGAIN: "no room for another process",
  ENOMEM: "not enough memory",
};

/** `what` names the file or program. Throws nothing, returns `machine-exhausted`, `storage-full` or `input-output`. */
export function problemOf(cause: unknown, what: string): Error {
  const { code = "" } = cause as { code?: string };
  const why = Object.hasOwn(lacking, code) ? lacking[code] : undefined;
  return why === undefined ? translate(cause, what) : problem({ kind: "machine-exhausted", what, why }, cause);
}
