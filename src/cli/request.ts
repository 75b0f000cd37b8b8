import { parseDuration } from "../core/duration.ts";
import { problem } from "../core/problem.ts";
import type { Given } from "../template/parameters.ts";
import type { Call } from "./command.ts";
import { typedParameters } from "./typed-parameters.ts";

/** What `garza run` was asked for. */
export type RunRequest = {
  template: string;
  parameters: Record<string, Given>;
  priority: number;
  timeout?: string;
  key?: string;
  yes: boolean;
  dryRun: boolean;
  check: boolean;
  json: boolean;
};

/** Throws `usage` for what can be told before anything is opened, `not-allowed` for --detach. */
export function readRequest({ args, flag, value, terminal }: Call): RunRequest {
  const [template = "", ...words] = args;
  if (flag("detach")) {
    throw problem({
      kind: "not-allowed",
      what: "--detach hands the operation to an agent, and this build of garza has none: it runs in the foreground",
      next: "Leave --detach out",
    });
  }
  if (flag("check") && !flag("dry-run")) throw misuse("--check goes with --dry-run");
  const timeout = value("timeout");
  if (timeout !== undefined && !parseDuration(timeout))
    throw misuse(`--timeout ${timeout} is no duration like 30s, 5m, 2h`);
  const key = value("key");
  if (key !== undefined && !/^[\x20-\x7e]{1,200}$/.test(key)) throw misuse("--key takes 1 to 200 printable characters");
  return {
    template,
    parameters: typedParameters(words, terminal.cwd),
    priority: readPriority(value("priority")),
    ...(timeout !== undefined && { timeout }),
    ...(key !== undefined && { key }),
    yes: flag("yes"),
    dryRun: flag("dry-run"),
    check: flag("check"),
    json: flag("json"),
  };
}

function readPriority(text: string | undefined): number {
  if (text === undefined) return 5;
  if (/^[0-9]$/.test(text)) return Number(text);
  throw misuse(`--priority ${text} is not one of 0 to 9`);
}

const misuse = (message: string) => problem({ kind: "usage", message, hint: "More: garza run --help" });
