/** Lines of a text beside this file; `↵` and `⇥` stand for a line end and a tab. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function linesOf(name: string): string[] {
  const text = readFileSync(join(import.meta.dir, name), "utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.replaceAll("↵", "\n").replaceAll("⇥", "\t"));
}
