/** From root to a user, for good: nothing that this process or its children make is root's from then on. */
import { messageOf, problem } from "./problem.ts";

export type User = { name: string; uid: number; gid: number; home: string };

/** Throws `not-allowed` where it can't be done: then it may have been done in part, and the process must end. */
export function dropTo({ name, uid, gid }: User): void {
  try {
    // Known to the runtime, and not to its types.
    (process as { initgroups?(user: string, group: number): void }).initgroups?.(name, gid);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (cause) {
    const next = `Run it as ${name}: sudo -u ${name} garza …`;
    throw problem({ kind: "not-allowed", what: `root can't become ${name}: ${messageOf(cause)}`, next }, cause);
  }
}

type Env = Readonly<Record<string, string | undefined>>;

/** What names root's own places is left out. */
export function environmentOf({ name, home }: User, env: Env): Record<string, string | undefined> {
  const kept = Object.entries(env).filter(([variable]) => !/^XDG_|^SSH_AUTH_SOCK$|^DBUS_SESSION/.test(variable));
  return { ...Object.fromEntries(kept), HOME: home, USER: name, LOGNAME: name };
}
