/** The options every step has, filled in and checked when the step is reached. */
import { parseDuration } from "../core/duration.ts";
import { problem } from "../core/problem.ts";
import { isEmpty, type Value } from "../core/value.ts";
import type { Rendering } from "../steps/step.ts";
import type { Step } from "../template/template.ts";

export type Options = {
  timeoutMs: number | undefined;
  /** Further attempts. */
  retries: number;
  retryDelayMs: number;
  retryBackoff: number;
  killGraceMs: number;
  continueOnFailure: boolean;
  optional: boolean;
  sensitive: boolean;
  idempotent: boolean;
};

const defaults = { retryDelayMs: 1_000, retryBackoff: 2, killGraceMs: 10_000 };

export function readOptions(step: Step, rendering: Rendering, defaultTimeout: number | undefined): Options {
  const { options, name } = step;
  const fill = (value: Value | undefined) => (value === undefined ? undefined : rendering.text(value));
  const refuse = (key: string, value: Value, expected: string) =>
    problem({
      kind: "value-refused",
      code: "E_OPTION",
      where: `${name}.${key}`,
      message: `${JSON.stringify(value)} is no ${expected}`,
    });

  const milliseconds = (key: "timeout" | "retry_delay" | "kill_grace"): number | undefined => {
    const value = fill(options[key]);
    if (isEmpty(value)) return undefined;
    const duration = parseDuration(value);
    if (duration === undefined) throw refuse(key, value, "duration (30, 30s, 5m)");
    return duration;
  };
  const number = (key: "retries" | "retry_backoff"): number | undefined => {
    const value = fill(options[key]);
    if (isEmpty(value)) return undefined;
    const parsed = Number(value);
    if (!Number.isFinite(parsed) || parsed < 0) throw refuse(key, value, "number of at least 0");
    return parsed;
  };
  const flag = (key: "continue_on_failure" | "optional" | "sensitive" | "idempotent"): boolean => {
    const value = options[key];
    const filled = typeof value === "string" ? rendering.text(value) : (value ?? false);
    if (isEmpty(filled)) return false;
    if (typeof filled === "boolean") return filled;
    if (filled === "true" || filled === "false") return filled === "true";
    throw refuse(key, filled, "true or false");
  };

  return {
    timeoutMs: milliseconds("timeout") ?? (defaultTimeout === undefined ? undefined : defaultTimeout * 1000),
    retries: Math.floor(number("retries") ?? 0),
    retryDelayMs: milliseconds("retry_delay") ?? defaults.retryDelayMs,
    retryBackoff: number("retry_backoff") ?? defaults.retryBackoff,
    killGraceMs: milliseconds("kill_grace") ?? defaults.killGraceMs,
    continueOnFailure: flag("continue_on_failure"),
    optional: flag("optional"),
    sensitive: flag("sensitive"),
    idempotent: flag("idempotent"),
  };
}
