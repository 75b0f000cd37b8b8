/** Finds out before a start what would make it fail, so that the reason can be named. */
import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { messageOf, problem } from "../problem.ts";

/** Absolute path of a program; throws `program-missing`. A name is looked up in the PATH that the program will see. */
export function findProgram(program: string, path: string, neededBy: string): string {
  const found = isAbsolute(program) ? executable(program) : Bun.which(program, { PATH: path });
  if (!found) throw problem({ kind: "program-missing", program, needed: neededBy });
  return found;
}

/** Throws `configuration` for a folder that can't be worked in: spawning there would blame the program. */
export function checkDirectory(directory: string): void {
  let why = "it is not a folder";
  try {
    if (statSync(directory).isDirectory()) {
      accessSync(directory, constants.X_OK);
      return;
    }
  } catch (cause) {
    const { code } = cause as { code?: string };
    why = { ENOENT: "there is no such folder", EACCES: "it may not be entered" }[code ?? ""] ?? messageOf(cause);
  }
  throw problem({ kind: "configuration", where: `directory ${directory}`, message: why });
}

function executable(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() ? file : undefined;
  } catch {
    // Whatever it is, it can't be run: that is the answer.
    return undefined;
  }
}
