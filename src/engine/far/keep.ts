import { appendFileSync } from "node:fs";
import { capOutput, defaultLimits } from "../../core/output/cap.ts";
import { problemOf } from "../../core/process/trouble.ts";

/** Puts output that came from elsewhere behind what is in the file, which is kept within its bounds. */
export function keep(file: string, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  try {
    appendFileSync(file, bytes, { mode: 0o600 });
    capOutput(file, defaultLimits);
  } catch (cause) {
    throw problemOf(cause, file);
  }
}
