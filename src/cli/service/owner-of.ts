/** Whom a repository belongs to: name and home folder from the machine's own book of users. */
import { statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import type { User } from "../../core/drop-root.ts";
import { problem } from "../../core/problem.ts";

/** Throws `configuration` for a user that nobody knows. */
export function ownerOf(root: string, path: string | undefined): User {
  const { uid, gid } = statSync(root);
  if (uid === process.getuid?.()) return { name: userInfo().username, uid, gid: userInfo().gid, home: homedir() };
  const getent = Bun.which("getent", { PATH: path ?? "" });
  const found = getent
    ? Bun.spawnSync([getent, "passwd", String(uid)])
        .stdout.toString()
        .trim()
        .split(":")
    : [];
  const [name, , , group, , home] = found;
  if (name && home) return { name, uid, gid: Number(group ?? gid), home };
  throw problem({
    kind: "configuration",
    where: root,
    message: `it belongs to user ${uid}, whom this machine does not know`,
    hint: `Give it to the user whom the agent is to be: chown -R USER '${root}'`,
  });
}
