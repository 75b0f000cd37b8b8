import { parseDuration } from "../core/duration.ts";
import { problem } from "../core/problem.ts";
import type { Given } from "../template/parameters.ts";
import type { Call } from "./command.ts";
import { readTimes, type Times } from "./point-in-time.ts";
import { typedParameters } from "./typed-parameters.ts";

/** What `garza run` and `garza queue add` were asked for. */
export type RunRequest = Times & {
  template: string;
  parameters: Record<string, Given>;
  priority: number;
  timeout?: string;
  key?: string;
  yes: boolean;
  /** Submits it to the agent and leaves. */
  detach: boolean;
  /** Refuses to use an agent. */
  local: boolean;
  /** The remote is asked for nothing. */
  offline: boolean;
  dryRun: boolean;
  check: boolean;
  json: boolean;
};

/** Throws `usage` for what can be told before anything is opened. */
export function readRequest({ args, flag, value, terminal }: Call, command = "garza run"): RunRequest {
  const [template = "", ...words] = args;
  const misuse = (message: string) => problem({ kind: "usage", message, hint: `More: ${command} --help` });
  if (flag("detach") && flag("local")) throw misuse("--detach needs an agent, and --local refuses one");
  if (flag("offline") && flag("detach")) {
    throw misuse(
      "--detach hands it to an agent, whose locks are shared, and --offline takes locks of this machine alone",
    );
  }
  if (flag("offline") && flag("dry-run")) throw misuse("--dry-run takes no locks, so --offline does not go with it");
  if (flag("check") && !flag("dry-run")) throw misuse("--check goes with --dry-run");
  const timeout = value("timeout");
  if (timeout !== undefined && !parseDuration(timeout))
    throw misuse(`--timeout ${timeout} is no duration like 30s, 5m, 2h`);
  const key = value("key");
  if (key !== undefined && !/^[\x20-\x7e]{1,200}$/.test(key)) throw misuse("--key takes 1 to 200 printable characters");
  const priority = value("priority") ?? "5";
  if (!/^[0-9]$/.test(priority)) throw misuse(`--priority ${priority} is not one of 0 to 9`);
  return {
    template,
    parameters: typedParameters(words, terminal.cwd),
    priority: Number(priority),
    ...(timeout !== undefined && { timeout }),
    ...(key !== undefined && { key }),
    ...readTimes(value("not-before"), value("not-after"), terminal.clock.now()),
    yes: flag("yes"),
    detach: flag("detach"),
    local: flag("local"),
    offline: flag("offline"),
    dryRun: flag("dry-run"),
    check: flag("check"),
    json: flag("json"),
  };
}
