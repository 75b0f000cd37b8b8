import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LockRequest, Locks } from "../../src/locks/locks.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { locksHere } from "../support/locks.ts";
import { problemOf } from "../support/machines.ts";

let root: string;
let store: Store;
let locks: Locks;
let warnings: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "garza-locks-"));
  store = openStore(join(root, "garza.db"), Date.now);
  warnings = [];
  locks = locksHere(store, root, (text) => warnings.push(text));
});

afterEach(() => {
  store.close();
  rmSync(root, { recursive: true });
});

type Submitted = { parent?: string; status?: "running" | "success" };

function submit(id: string, { parent, status = "running" }: Submitted = {}): Promise<unknown> {
  return store.write((db) =>
    db
      .query(
        `insert into operation (id, template, name, type, template_text, template_hash, asked_by, parent, status, owner,
                                queued_at, started_at, ended_at)
         values ($id, 't', 'deploy_t', 'deploy', '', '', 'alice', $parent, $status, '{}', 1, 1, $ended)`,
      )
      .run({ id, parent: parent ?? null, status, ended: status === "success" ? 2 : null }),
  );
}

const acquire = (operation: string, more: Partial<LockRequest> = {}) =>
  locks.acquire({
    resource: "db",
    operation,
    within: [],
    operator: "alice",
    waitSeconds: 0,
    signal: new AbortController().signal,
    ...more,
  });
const release = (operation: string, more: { force?: boolean; all?: boolean; step?: string } = {}) =>
  locks.release({ resource: "db", operation, force: false, ...more });

describe("taking and giving back", () => {
  test("the token grows at every acquire and never falls", async () => {
    const tokens: number[] = [];
    for (const operation of ["op_1", "op_2", "op_1"]) {
      tokens.push(await acquire(operation));
      expect(await release(operation)).toBe(true);
    }
    expect(tokens).toEqual([1, 2, 3]);
    expect(await locks.holder("db")).toBeUndefined();
  });

  test("another operation is told who holds it", async () => {
    await acquire("op_1", { operator: "bob" });
    const since = new Date((await locks.holder("db"))?.since ?? 0).toISOString();
    expect(await problemOf(acquire("op_2"))).toEqual({
      kind: "lock-held",
      resource: "db",
      holder: "bob",
      operation: "op_1",
      since,
    });
    expect((await problemOf(release("op_2"))).kind).toBe("lock-held");
  });

  test("of many at once exactly one gets it", async () => {
    const tries = Array.from({ length: 20 }, (_, i) => acquire(`op_${i}`));
    const settled = await Promise.allSettled(tries);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("two spellings of a name are one lock", async () => {
    await acquire("op_1", { resource: "ü" });
    expect((await problemOf(acquire("op_2", { resource: "u\u0308" }))).kind).toBe("lock-held");
  });

  test("what nobody holds is no failure to release", async () => {
    expect(await release("op_1")).toBe(false);
  });

  test("without a name, the operator is who asked for the operation", async () => {
    await submit("op_1");
    await acquire("op_1", { operator: "" });
    expect(await locks.holder("db")).toMatchObject({
      operator: "alice",
      operation: "op_1",
      label: "deploy_t",
      host: "m1",
    });
  });

  test("release is part of the commit of the turn it was called in", async () => {
    await acquire("op_1");
    const before = store.commits();
    await Promise.all([release("op_1"), submit("op_2")]);
    expect(store.commits()).toBe(before + 1);
  });
});

describe("re-entrance", () => {
  test("the outermost release frees it", async () => {
    expect([await acquire("op_1"), await acquire("op_1")]).toEqual([1, 1]);
    expect(await release("op_1")).toBe(true);
    expect((await locks.holder("db"))?.operation).toBe("op_1");
    expect(await release("op_1")).toBe(true);
    expect(await locks.holder("db")).toBeUndefined();
  });

  test("an operation that ends releases it however often it was taken", async () => {
    await acquire("op_1");
    await acquire("op_1");
    await release("op_1", { all: true });
    expect(await locks.holder("db")).toBeUndefined();
  });

  test("a nested operation uses its parent's lock and can't free it", async () => {
    await submit("op_1");
    await submit("op_2", { parent: "op_1" });
    await submit("op_3", { parent: "op_2" });
    await acquire("op_1");
    expect(await acquire("op_3", { within: ["op_2", "op_1"] })).toBe(1);
    expect(await release("op_3")).toBe(true);
    expect((await locks.holder("db"))?.operation).toBe("op_1");
    await release("op_1");
    expect(await locks.holder("db")).toBeUndefined();
  });

  test("a step that is run again after a crash counts once", async () => {
    await acquire("op_1", { step: "t1" });
    await acquire("op_1", { step: "t1" });
    expect([await release("op_1", { step: "t2" }), await release("op_1", { step: "t2" })]).toEqual([true, true]);
    expect(await locks.holder("db")).toBeUndefined();
  });
});

describe("force", () => {
  test("does not take it from the living", async () => {
    await submit("op_1");
    await acquire("op_1", { ttlSeconds: 0 });
    expect((await problemOf(release("op_2", { force: true }))).kind).toBe("lock-held");
  });

  test("takes it from an operation that has ended", async () => {
    await submit("op_1", { status: "success" });
    await acquire("op_1");
    expect(await release("op_2", { force: true })).toBe(true);
    expect(await acquire("op_2")).toBe(2);
  });

  test("of a holder that is no operation here, the lease decides", async () => {
    await acquire("alice@laptop", { ttlSeconds: 600 });
    expect((await problemOf(release("op_2", { force: true }))).kind).toBe("lock-held");
    await release("alice@laptop");
    await acquire("alice@laptop", { ttlSeconds: -1 });
    expect(await release("op_2", { force: true })).toBe(true);
  });
});

describe("waiting", () => {
  test("those who wait get it in the order in which they came", async () => {
    await acquire("op_0");
    const order: string[] = [];
    const waiting = ["op_1", "op_2", "op_3"].map(async (operation) => {
      await acquire(operation, { waitSeconds: 60 });
      order.push(operation);
      await release(operation);
    });
    await release("op_0");
    await Promise.all(waiting);
    expect(order).toEqual(["op_1", "op_2", "op_3"]);
  });

  test("a wait that was too short says who holds it", async () => {
    await acquire("op_1");
    expect((await problemOf(acquire("op_2", { waitSeconds: 0.001 }))).kind).toBe("lock-held");
  });

  test("a cancel ends the wait and leaves the lock where it is", async () => {
    await acquire("op_1");
    const cancel = new AbortController();
    const waiting = acquire("op_2", { waitSeconds: 60, signal: cancel.signal });
    cancel.abort(new Error("cancelled"));
    await expect(waiting).rejects.toThrow("cancelled");
    await release("op_1");
    expect(await locks.holder("db")).toBeUndefined();
  });
});

describe("the mirror", () => {
  const folder = () => join(root, "infra/state/locks");

  test("shows who holds what, and goes with the lock", async () => {
    await acquire("op_1", { resource: "Prod/DB", label: "deploy\nroot: x", ttlSeconds: 600 });
    const { since = 0 } = (await locks.holder("Prod/DB")) ?? {};
    expect(readFileSync(join(folder(), "%50rod%2f%44%42.lock"), "utf8").split("\n")).toEqual([
      "operator: alice",
      `timestamp: ${new Date(since).toISOString()}`,
      "operation: deploy root: x",
      "host: m1",
      "generation: 1",
      `expires: ${new Date(since + 600_000).toISOString()}`,
      "owner: op_1",
      "scope: local",
      "",
    ]);
    await locks.release({ resource: "Prod/DB", operation: "op_1", force: false });
    expect(readdirSync(folder())).toEqual([]);
  });

  test("is brought up to date after a crash, and leaves files of others alone", async () => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), "old.lock"), "operator: x\ntimestamp: y\noperation: z\ngeneration: 3\n");
    writeFileSync(join(folder(), "theirs.lock"), "operator: x\ntimestamp: y\noperation: z\n");
    await acquire("op_1");
    await locks.refreshMirror();
    expect(readdirSync(folder()).sort()).toEqual(["db.lock", "theirs.lock"]);
  });

  test("is invisible to git, also from a folder below the repository's top", async () => {
    const git = (...words: string[]) => Bun.spawnSync(["git", ...words], { cwd: root }).stdout.toString();
    git("init", "-q");
    writeFileSync(join(root, ".git/info/exclude"), "*.db*\n*.reserve");
    const below = join(root, "sub [1]");
    mkdirSync(below);
    const second = locksHere(store, below);
    await acquire("op_1");
    await second.refreshMirror();
    await second.refreshMirror();
    expect(git("status", "--porcelain")).toBe("");
    expect(readFileSync(join(root, ".git/info/exclude"), "utf8")).toBe(
      "*.db*\n*.reserve\n/infra/state/locks/*.lock\n/sub \\[1\\]/infra/state/locks/*.lock\n",
    );
    expect(existsSync(join(below, "infra/state/locks/db.lock"))).toBe(true);
    expect(git("status", "--porcelain")).toBe("");
  });

  test("is never written through a link out of the root; the lock counts all the same", async () => {
    const outside = mkdtempSync(join(tmpdir(), "garza-outside-"));
    mkdirSync(join(root, "infra/state"), { recursive: true });
    symlinkSync(outside, folder());
    expect(await acquire("op_1")).toBe(1);
    expect(readdirSync(outside)).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("a link in it leaves")]);
  });
});
