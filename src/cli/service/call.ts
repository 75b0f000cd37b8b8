/** Calls the service manager. */
import type { Call } from "../../agent/service/service.ts";
import type { Env } from "../../core/places.ts";
import { problem } from "../../core/problem.ts";

export type Called = { exitCode: number; stdout: string; stderr: string };

/** Whatever the exit code. Throws `configuration` where there is no such program. */
export function call([program, ...args]: Call, env: Env): Called {
  const found = Bun.which(program, { PATH: env.PATH ?? "" });
  if (!found) throw noManager(program);
  const { exitCode, stdout, stderr } = Bun.spawnSync([found, ...args], {
    stdin: "ignore",
    env: { ...env, LC_ALL: "C", SYSTEMD_PAGER: "", SYSTEMD_COLORS: "0" },
  });
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Throws `input-output` with what it said when it fails. */
export function mustCall(command: Call, env: Env, hint?: string): Called {
  const called = call(command, env);
  if (called.exitCode === 0) return called;
  const said = `${called.stderr}${called.stdout}`.trim();
  throw problem({
    kind: "input-output",
    what: command.join(" "),
    why: said || `exit ${called.exitCode}`,
    hint: hintFor(said) ?? hint ?? "Look: garza agent logs",
  });
}

/** The user's manager is there for who has logged in, and not behind su or sudo. */
const hintFor = (said: string) =>
  /Failed to connect to (the )?(user scope )?bus|XDG_RUNTIME_DIR/i.test(said)
    ? "Log in as this user (ssh, or machinectl shell; not su or sudo), or let root do it: sudo garza agent install --system"
    : undefined;

const noManager = (program: string) =>
  problem({
    kind: "configuration",
    where: program,
    message: `is not on PATH, so this machine has no service manager that garza knows`,
    hint: "Let whatever starts programs here start this, and send it SIGTERM to end it: garza agent",
  });
