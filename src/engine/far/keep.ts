import { appendFileSync } from "node:fs";
import { capOutput, defaultLimits, skipOutput } from "../../core/output/cap.ts";
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

/** More than this behind what is here is not waited for: most of it would be dropped here, and meanwhile it fills the disk there. */
const mostBehind = 2 * defaultLimits.cap;

/** `end`: where the file will end, once all is here that there is so far. */
export function skipBacklog(file: string, behind: number, end: number): void {
  if (behind <= mostBehind) return;
  try {
    skipOutput(file, end - defaultLimits.tail, defaultLimits);
  } catch (cause) {
    throw problemOf(cause, file);
  }
}
