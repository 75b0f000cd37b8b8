/** Where a process runs, and how its end is told. */
import { constants, homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Rendering, StepContext } from "./step.ts";

/** An absolute folder as it is written, `~/…` in the home folder, any other in the root. Throws `path-refused`. */
export function directoryOf(context: Rendering & Pick<StepContext, "root">, directory: string | undefined): string {
  return directory === undefined ? context.root : localPath(context, directory);
}

/** The same for a file. */
export function localPath(context: Rendering, path: string): string {
  return isAbsolute(path) ? path : (inHome(path) ?? context.pathInRoot(path));
}

/** Undefined for a path that does not begin with `~`. */
export function inHome(path: string): string | undefined {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : undefined;
}

/** `exit code 3`, `exit code 137 (SIGKILL)`, `ended by SIGKILL`. */
export function describeEnd(exitCode: number | null, signal: string | null): string {
  if (exitCode === null) return `ended by ${signal ?? "an unknown cause"}`;
  const [name] = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128) ?? [];
  return name === undefined ? `exit code ${exitCode}` : `exit code ${exitCode} (${name})`;
}

/** The last few lines, each on a line of its own behind what was said so far; empty for none. */
export function lastLines(text: string, lines = 5): string {
  const last = text.trimEnd().slice(-1_000).split("\n").slice(-lines).join("\n").trim();
  return last === "" ? "" : `\n${last}`;
}
