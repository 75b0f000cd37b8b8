/** What `garza.yml` is to say of locks, by what is found: another tool's lock files, a remote that takes branches alone. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { readRegular } from "../core/files.ts";
import { GarzaError } from "../core/problem.ts";
import { git, readable } from "../git/git.ts";
import { isMirror, locksFolder } from "../locks/mirror.ts";
import type { Finding } from "./doctor/check.ts";
import { definedEnv } from "./open.ts";
import type { Terminal } from "./terminal.ts";

type LockSetting = NonNullable<Finding["setting"]>;

export async function lockSettings(
  root: string,
  terminal: Terminal,
  findings: readonly Finding[],
): Promise<LockSetting[]> {
  const legacy = await legacyFile(root, terminal);
  return [
    ...findings.flatMap(({ setting }) => (setting ? [setting] : [])),
    ...(legacy === undefined ? [] : [{ line: "legacy: honor", why: `${legacy} is tracked: a lock of another tool` }]),
  ];
}

export function addLockSettings(root: string, settings: readonly LockSetting[]): void {
  const lines = settings.map(({ line, why }) => `  ${line}  # ${why}\n`);
  appendFileSync(join(root, "garza.yml"), `locks:\n${lines.join("")}`);
}

/** The first one; undefined where there is none, or no git to ask. */
export async function legacyFile(root: string, terminal: Terminal): Promise<string | undefined> {
  try {
    const { stdout } = await git({ directory: root, env: definedEnv(terminal) }, [
      ...["ls-files", "-z", "--", `${locksFolder}/*.lock`],
    ]);
    const tracked = stdout.split("\0").filter(Boolean).map(readable);
    return tracked.find((file) => !isMirror(readRegular(join(root, file))?.text ?? ""));
  } catch (thrown) {
    if (thrown instanceof GarzaError) return undefined;
    throw thrown;
  }
}
