import { z } from "zod";
import type { Fault } from "../../core/problems.ts";
import { name } from "./named.ts";

export const fault: z.ZodType<Fault> = name(
  "Fault",
  z.object({
    severity: z.enum(["error", "warning"]),
    code: z.string().describe("Stable."),
    message: z.string(),
    hint: z.string().exactOptional(),
    file: z.string(),
    line: z.int(),
    column: z.int(),
    excerpt: z.string().exactOptional(),
  }),
);
