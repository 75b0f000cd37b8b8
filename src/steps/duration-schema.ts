import { z } from "zod";
import { parseDuration } from "../core/duration.ts";

/** `30` (seconds), `30s`, `5m`, `500ms`, `2h`, `1d`, as milliseconds. */
export const durationSchema = z
  .union([z.number(), z.string()], { error: "expected a duration (30, 30s, 5m)" })
  .transform((value, check): number => {
    const ms = parseDuration(value);
    if (ms !== undefined) return ms;
    check.issues.push({
      code: "custom",
      input: value,
      message: `${JSON.stringify(value)} is no duration (30, 30s, 5m)`,
    });
    return z.NEVER;
  });
