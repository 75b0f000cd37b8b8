import { toText, type Value } from "./value.ts";

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30` (seconds), `30s`, `500ms`, `1.5m`, `2h`, `1d` as integer milliseconds; undefined when it is none of these. */
export function parseDuration(value: Value): number | undefined {
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(toText(value).trim()) ?? [];
  const factor = units[unit];
  if (amount === undefined || factor === undefined) return undefined;
  const ms = Math.round(Number(amount) * factor);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Milliseconds for a person, in the largest unit that needs no fraction: `90s`, `5m`, `500ms`. */
export function showDuration(ms: number): string {
  const whole = Math.round(ms);
  const unit = ["d", "h", "m", "s"].find((name) => whole > 0 && whole % (units[name] ?? 1) === 0) ?? "ms";
  return `${whole / (units[unit] ?? 1)}${unit}`;
}
