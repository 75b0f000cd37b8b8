/** What stands at a remote, or happens there in between, over every way to it: nothing of it makes two holders. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { gitText } from "../../src/git/git.ts";
import { moveNow, raceTo, stolen } from "../support/lock-attacks.ts";
import { fleets, forge, problemOf } from "../support/machines.ts";
import { sandbox } from "../support/temporary.ts";
import { overEach } from "../support/transports.ts";

const here = fleets(sandbox());

overEach((open) => {
  test.each([
    ["no record", "nothing of ours", "its commit holds no record"],
    ["a newer format", 'x\n\n{"v":2}', "it was written by a newer garza (format 2)"],
    ["a damaged one", 'x\n\n{"v":1,"res":"db"}', "its record is damaged (st: "],
  ])("%s is never overwritten, and told", async (_, message, why) => {
    const at = here(open());
    const one = at.machine("one");
    const oid = forge(at, message);
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({
      kind: "data-damaged",
      why: expect.stringContaining(why),
    });
    expect(at.refs()["refs/garza/locks/db"]).toBe(oid);
    expect(await one.locks.holder("db")).toBeUndefined();
  });

  test("a record of another resource is none of this one", async () => {
    const at = here(open());
    const one = at.machine("one");
    await one.acquire("op_1", { resource: "other" });
    at.git(at.remote, "update-ref", "refs/garza/locks/db", at.refs()["refs/garza/locks/other"] ?? "");
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({ why: "its record is that of other" });
  });

  test("a mirror push of somebody who has no locks deletes them: who had one has lost it, and the token does not fall", async () => {
    const at = here(open());
    const one = at.machine("one");
    await one.acquire("op_1");
    await one.release("op_1");
    await one.locks.settled();
    expect(await one.acquire("op_1")).toBe(2);
    const clone = join(at.home, "clone");
    at.git(at.home, "init", "-q", clone);
    at.git(clone, "commit", "-q", "--allow-empty", "-m", "first");
    const env = { PATH: process.env.PATH, HOME: at.home, GIT_CONFIG_NOSYSTEM: "1", ...open().env };
    await gitText({ directory: clone, env }, ["push", "-q", "--mirror", at.url]);
    expect(at.refs()).toEqual({});
    const [lost] = (await moveNow(one, "db")).values();
    expect(lost).toEqual({ kind: "lost", why: "somebody deleted its ref at the remote" });
    await one.release("op_1");
    expect([await one.locks.settled(), one.status(), at.refs()]).toEqual([null, "free", {}]);
    expect(await one.acquire("op_1")).toBe(3);
  });

  test("who is overtaken between what the remote tells and what it writes has nothing", async () => {
    const at = here(open());
    const one = at.machine("one");
    const thief = stolen(at);
    raceTo(at, thief);
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({ kind: "lock-held", host: "elsewhere" });
    expect(at.refs()["refs/garza/locks/db"]).toBe(thief);

    for (const status of ["renewed", "given back"]) {
      at.git(at.remote, "update-ref", "-d", "refs/garza/locks/db");
      expect(await one.acquire("op_1")).toBeGreaterThan(0);
      raceTo(at, thief);
      if (status === "renewed") expect((await moveNow(one, "db")).get("db")).toMatchObject({ kind: "lost" });
      await one.release("op_1");
      expect([status, await one.locks.settled(), one.status()]).toEqual([status, null, "away"]);
      expect(at.refs()["refs/garza/locks/db"]).toBe(thief);
    }
  });

  test("housekeeping there changes nothing", async () => {
    const at = here(open());
    const [one, two] = [at.machine("one"), at.machine("two")];
    await one.acquire("op_1");
    at.git(at.remote, "gc", "-q", "--prune=now");
    expect((await moveNow(one, "db")).get("db")).toEqual({ kind: "moved" });
    at.git(at.remote, "pack-refs", "--all", "--prune");
    expect(await problemOf(two.acquire("op_2"))).toMatchObject({ kind: "lock-held", operation: "op_1" });
    await one.release("op_1");
    expect([await one.locks.settled(), await two.acquire("op_2")]).toEqual([null, 2]);
  });

  test("odd names are names", async () => {
    const at = here(open());
    const [one, two] = [at.machine("one"), at.machine("two")];
    const resources = ["../x", "x.lock", "a", "a/b", "A", "ü", "con", "-x", "@{0}", "%20", "x".repeat(300), "$(id);'"];
    for (const resource of resources) expect(await one.acquire("op_1", { resource })).toBe(1);
    expect(Object.keys(at.refs("refs/garza/locks/"))).toHaveLength(resources.length);
    const seen = await two.locks.lookAround();
    expect(seen.map(({ resource }) => resource).sort()).toEqual([...resources].sort());
    for (const resource of resources) await one.release("op_1", { resource });
    expect(await one.locks.settled()).toBeNull();
    expect(await two.locks.lookAround()).toEqual([]);
  });
});
