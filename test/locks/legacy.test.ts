/** Lock files of another tool, in commits of the shared branch, where they count. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fleet, fleets, problemOf } from "../support/machines.ts";
import { sandbox, until } from "../support/temporary.ts";

const here = fleets(sandbox());
const honor = { settings: { "locks.legacy": "honor" } };

/** A clone in which the other tool works. */
function otherTool(at: Fleet) {
  const root = join(at.home, "other");
  at.git(at.home, "clone", "-q", at.remote, root);
  const who = ["-c", "user.name=bob", "-c", "user.email=bob@example.org"];
  const commit = () => {
    at.git(root, "add", "-A");
    at.git(root, ...who, "commit", "-q", "-m", "lock");
    at.git(root, "push", "-q", "origin", "HEAD:refs/heads/main");
    return at.git(root, "rev-parse", "HEAD");
  };
  const file = (name: string) => join(root, "infra/state/locks", name);
  return {
    lock(name: string, text = "operator: bob\ntimestamp: 2026-01-02T03:04:05Z\noperation: deploy web\n") {
      mkdirSync(join(root, "infra/state/locks"), { recursive: true });
      writeFileSync(file(name), text);
      return commit();
    },
    unlock(name: string) {
      at.git(root, "pull", "-q", "--rebase", "origin", "main");
      rmSync(file(name));
      return commit();
    },
    pull: () => at.git(root, "pull", "-q", "--rebase", "origin", "main"),
    has: (name: string) => existsSync(file(name)),
  };
}

test("hold until they are gone, for who waits too; without the setting they are nothing", async () => {
  const at = here();
  const other = otherTool(at);
  other.lock("db.lock");
  const [one, two] = [at.machine("one", honor), at.machine("two")];
  expect(await problemOf(one.acquire("op_1"))).toEqual({
    kind: "lock-held",
    resource: "db",
    holder: "bob",
    since: "2026-01-02T03:04:05.000Z",
    operation: "deploy web",
    file: "infra/state/locks/db.lock",
  });
  expect([one.status(), await one.locks.holder("db")]).toMatchObject(["away", { scope: "file", operator: "bob" }]);
  expect(await one.locks.lookAround()).toMatchObject([{ resource: "db", scope: "file" }]);
  expect(await problemOf(one.release("op_1", { force: true }))).toMatchObject({ kind: "lock-held", holder: "bob" });
  expect(await two.acquire("op_2")).toBe(1);
  await two.release("op_2");
  await two.locks.settled();
  const waits = one.acquire("op_1", { waitSeconds: 30 });
  await until(() => Object.keys(at.refs("refs/garza/waits/")).length === 1);
  other.unlock("db.lock");
  expect(await waits).toBe(2);
  expect(await one.locks.lookAround()).toMatchObject([{ resource: "db", scope: "shared" }]);
});

test("are found by the name that the other tool gives them, and say who and when as far as they do", async () => {
  const at = here();
  const other = otherTool(at);
  other.lock("Prod.DB 1.lock", "garbage");
  other.lock("mirror.lock", "operator: a\ntimestamp: t\noperation: o\nhost: h\ngeneration: 4\n");
  const commit = other.lock("not-one.txt");
  const one = at.machine("one", honor);
  const seconds = Number(at.git(at.remote, "log", "-1", "--format=%ct", `${commit}~2`));
  expect(await problemOf(one.acquire("op_1", { resource: "Prod.DB 1" }))).toMatchObject({
    kind: "lock-held",
    holder: "unknown",
    since: new Date(seconds * 1000).toISOString(),
  });
  expect(await one.acquire("op_1", { resource: "mirror" })).toBe(1);
  expect(await one.acquire("op_1", { resource: "not-one" })).toBe(1);
  expect((await one.locks.lookAround()).map(({ resource }) => resource)).toEqual(["Prod.DB 1", "mirror", "not-one"]);
});

test("do not stop who has the lock already, and are looked for again before the next one", async () => {
  const at = here();
  const one = at.machine("one", honor);
  const other = otherTool(at);
  expect(await one.acquire("op_1")).toBe(1);
  other.lock("db.lock");
  expect(await one.acquire("op_1")).toBe(1);
  await one.release("op_1", { all: true });
  expect(await one.locks.settled()).toBeNull();
  expect(one.events.filter(({ type }) => type === "lost")).toEqual([]);
  expect(await problemOf(one.acquire("op_2"))).toMatchObject({ kind: "lock-held", holder: "bob" });
});

test("are taken away by a commit of that file alone, and only the one that was seen", async () => {
  const at = here();
  const other = otherTool(at);
  other.lock("db.lock");
  other.lock("web.lock");
  const one = at.machine("one", honor);
  const blob = (commit: string) => at.git(at.remote, "rev-parse", `${commit}:infra/state/locks/db.lock`);
  const [seen, tip] = [blob("main"), at.git(at.remote, "rev-parse", "main")];
  const now = blob(other.lock("db.lock", "operator: carol\ntimestamp: 2026-01-02T04:00:00Z\noperation: x\n"));
  const take = (mark?: string) => one.locks.takeAway({ resource: "db", mark, by: "alice", why: "bob is on leave" });
  expect(await problemOf(take(seen))).toMatchObject({ kind: "busy" });
  // Another commit arrives between the look and the push, once.
  const late = join(at.home, "late");
  writeFileSync(late, "");
  at.hook("update", `if rm '${late}'; then git update-ref refs/heads/main ${tip}; fi 2>/dev/null; exit 0`);
  expect(await problemOf(take(now))).toMatchObject({ kind: "busy" });
  await take(seen);
  expect(at.git(at.remote, "diff", "--name-status", tip, "main")).toBe("D\tinfra/state/locks/db.lock");
  expect(at.git(at.remote, "log", "-1", "--format=%an %s", "main")).toBe(
    "alice garza: lock db is taken away by alice: bob is on leave [skip ci]",
  );
  other.pull();
  expect([other.has("db.lock"), other.has("web.lock")]).toEqual([false, true]);
  expect(await one.acquire("op_1")).toBe(1);
});
