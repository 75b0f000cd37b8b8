/** One program in the place of another, in one step; the one before stays beside it. */
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, copyFileSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { sync, translate } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";

/** The program that was there before. */
export const previousOf = (program: string) => `${program}.previous`;

/** Where this program belongs: one that is called by the name of the one before stands for its successor. */
export const placeOf = (program: string) => program.replace(/\.previous$/, "");

/** A copy beside the program, with its owner and its permissions: what is looked at is what is put in place. Throws `storage-full`, `not-allowed`. */
export function stage(file: string, program: string): string {
  const staged = join(dirname(program), `.${basename(program)}-${randomBytes(6).toString("hex")}`);
  const { mode, uid, gid } = statSync(program);
  try {
    copyFileSync(file, staged);
    if (statSync(file).size !== statSync(staged).size) throw new Error("the copy is shorter than the file");
    chmodSync(staged, mode & 0o777);
    if (uid !== process.getuid?.()) chownSync(staged, uid, gid);
    sync(staged);
    return staged;
  } catch (cause) {
    rmSync(staged, { force: true });
    const { code } = cause as { code?: string };
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") throw translate(cause, staged);
    const next =
      "Keep the program where you may write (~/.local/bin) and install the service from there, or let root replace it while the agent is stopped: garza agent stop";
    throw problem({ kind: "not-allowed", what: `nothing may be written beside ${program}`, next }, cause);
  }
}

/** Whoever starts the program at any moment gets the one or the other. */
export function swap(staged: string, program: string): void {
  const aside = `${staged}-previous`;
  try {
    linkSync(program, aside);
    renameSync(aside, previousOf(program));
    renameSync(staged, program);
    sync(dirname(program));
  } catch (cause) {
    for (const left of [aside, staged]) rmSync(left, { force: true });
    throw translate(cause, program);
  }
}
