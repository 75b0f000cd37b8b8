/** Questions to a garza program: this one, the one that is to come, the one before. */
import { childEnvironment } from "../../core/environment.ts";
import type { Env } from "../../core/places.ts";
import { problem } from "../../core/problem.ts";

export type Asked = {
  program: string;
  env: Env /** As whom; the caller's own where it is not told. */;
  user?: { uid: number; gid: number };
};
export type Answer = { exitCode: number; stdout: string; stderr: string };
export type Version = { garza: string; commit: string; platform: string };
/** What a program makes of a database: see `garza agent check`. */
export type Verdict = { garza: string; schema: number; needs_schema: number; operations: number };

const patienceMs = 300_000;

export function ask({ program, env, user }: Asked, ...words: string[]): Answer {
  try {
    const { exitCode, stdout, stderr } = Bun.spawnSync([program, ...words], {
      env: childEnvironment(env),
      stdin: "ignore",
      timeout: patienceMs,
      ...user,
    });
    return { exitCode: exitCode ?? 1, stdout: stdout.toString(), stderr: stderr.toString() };
  } catch (cause) {
    // It can't even be started: cut short, for another loader, not a program.
    return { exitCode: 126, stdout: "", stderr: (cause as Error).message };
  }
}

type Asker = { ask(program: string, ...words: string[]): Answer; program: string };

/** Throws `usage` for what is no garza. */
export function versionOf({ ask, program }: Asker): Version {
  const { exitCode, stdout, stderr } = ask(program, "version", "--json");
  const found = exitCode === 0 ? readJson(stdout) : undefined;
  if (typeof found?.garza === "string" && typeof found.commit === "string") return found as Version;
  const why = stderr.trim().split("\n")[0] || `exit ${exitCode}`;
  throw problem({
    kind: "usage",
    message: `${program} is no garza that runs here (${why}); nothing was changed`,
  });
}

/** What `agent check` says of a copy; else how it ended. */
export function checkedBy({ ask, program }: Asker, copy: string): Verdict | { refused: Answer } {
  const answer = ask(program, "agent", "check", copy, "--json");
  const found = answer.exitCode === 0 ? readJson(answer.stdout) : undefined;
  return typeof found?.schema === "number" ? (found as Verdict) : { refused: answer };
}

/** By the exit code that every version has for it. */
export const isFull = ({ exitCode }: Answer) => exitCode === 73;

export const reasonIn = ({ exitCode, stderr }: Answer) => stderr.replace(/^garza: /, "").trim() || `exit ${exitCode}`;

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
