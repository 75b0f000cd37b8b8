/** A user's services end with their last login, unless they may linger. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { replaceFile, statOf } from "../../core/files.ts";
import type { Env } from "../../core/places.ts";
import { GarzaError, messageOf } from "../../core/problem.ts";
import { type Called, call } from "./call.ts";

/** So that whoever takes the service away knows what else was changed for it. */
const noteIn = (data: string) => join(data, "lingers");

/** Allows it, or says what happens without it. */
export function keepAfterLogout(user: string, data: string, env: Env, say: (what: string) => void): void {
  const asked = loginctl(["show-user", user, "--property=Linger", "--value"], env);
  if (asked?.stdout.trim() === "yes") return;
  const notNoted = note(user, data);
  if (notNoted === undefined && loginctl(["enable-linger", user], env)?.exitCode === 0) {
    say(`${user} lingers now: the agent runs from boot on, whoever is logged in`);
    return;
  }
  rmSync(noteIn(data), { force: true });
  say(
    `the agent ends when ${user} logs out${notNoted === undefined ? "" : ` (${notNoted})`}. To let it stay: sudo loginctl enable-linger ${user}`,
  );
}

/** What is not noted would never be taken back. */
function note(user: string, data: string): string | undefined {
  try {
    replaceFile(noteIn(data), `lingering was allowed for ${user} by garza agent install\n`);
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** Takes back what `keepAfterLogout` allowed, unless another service of ours still needs it. */
export function endLingering(
  user: string,
  data: string,
  isNeeded: boolean,
  env: Env,
  say: (what: string) => void,
): void {
  if (!statOf(noteIn(data)) || isNeeded) return;
  rmSync(noteIn(data), { force: true });
  if (loginctl(["disable-linger", user], env)?.exitCode === 0) say(`${user} lingers no more`);
}

function loginctl(words: readonly string[], env: Env): Called | undefined {
  try {
    return call(["loginctl", ...words], env);
  } catch (thrown) {
    if (thrown instanceof GarzaError) return undefined;
    throw thrown;
  }
}
