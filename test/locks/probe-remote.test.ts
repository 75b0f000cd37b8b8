/** What a remote takes is tried with refs of our own, of which nothing stays behind. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPrivateStore } from "../../src/git/private-store.ts";
import { probeRemote } from "../../src/git/probe-remote.ts";
import { openTree } from "../../src/git/tree.ts";
import { type Repositories, repositories } from "../support/repositories.ts";
import { sandbox } from "../support/temporary.ts";

const folder = sandbox();

async function probe({ tree, home }: Repositories) {
  const env = { PATH: process.env.PATH ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
  const opened = await openTree({ directory: tree, env });
  const store = opened && (await openPrivateStore(opened, { sockets: join(home, "sockets") }));
  if (!store) throw new Error("no remote");
  return probeRemote(store);
}

const refsOf = ({ user, remote }: Repositories) => user(remote, "for-each-ref", "--format=%(refname)");

/** A rule of the remote, as a hook. */
const hook = ({ remote }: Repositories, name: string, lines: string) =>
  writeFileSync(join(remote, "hooks", name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });

test("a plain remote takes all of it, and has afterwards what it had", async () => {
  const at = repositories(folder);
  expect(await probe(at)).toEqual({ outcome: { kind: "works", atomic: true }, left: [] });
  expect(refsOf(at)).toBe("refs/heads/main");
  expect(at.user(at.tree, "for-each-ref", "refs/garza")).toBe("");
});

test("a remote without atomic pushes takes locks, and no state with them", async () => {
  const at = repositories(folder);
  at.user(at.remote, "config", "receive.advertiseAtomic", "false");
  expect(await probe(at)).toEqual({ outcome: { kind: "works", atomic: false }, left: [] });
  expect(refsOf(at)).toBe("refs/heads/main");
});

test("a hook that refuses refs/garza is told of", async () => {
  const at = repositories(folder);
  hook(at, "update", 'case "$1" in refs/garza/*) exit 1;; esac');
  expect(await probe(at)).toEqual({ outcome: { kind: "refused", why: "hook declined", branches: true }, left: [] });
  expect(refsOf(at)).toBe("refs/heads/main");
});

test("a hook that refuses every push is told of, and no way out is promised", async () => {
  const at = repositories(folder);
  hook(at, "update", "exit 1");
  expect(await probe(at)).toEqual({ outcome: { kind: "refused", why: "hook declined", branches: false }, left: [] });
  expect(refsOf(at)).toBe("refs/heads/main");
});

test("what can be made and not moved is refused, and is taken away again", async () => {
  const at = repositories(folder);
  hook(at, "update", 'for oid in "$2" "$3"; do case "$oid" in 0000000000*) exit 0;; esac; done; exit 1');
  expect(await probe(at)).toMatchObject({ outcome: { kind: "refused" }, left: [] });
  expect(refsOf(at)).toBe("refs/heads/main");
});

test("a ref that can't be deleted is named", async () => {
  const at = repositories(folder);
  hook(at, "update", 'case "$3" in 0000000000*) exit 1;; esac');
  const { outcome, left } = await probe(at);
  expect(outcome).toEqual({ kind: "works", atomic: true });
  expect(["refs/heads/main", ...left].sort()).toEqual(refsOf(at).split("\n"));
  expect(left).toHaveLength(2);
});

test("an address without a repository, and one where nobody listens", async () => {
  const at = repositories(folder);
  at.user(at.tree, "remote", "set-url", "origin", join(at.home, "none.git"));
  expect(await probe(at)).toMatchObject({ outcome: { kind: "trouble", trouble: { kind: "not-there" } }, left: [] });
  at.user(at.tree, "remote", "set-url", "origin", "http://127.0.0.1:1/x.git");
  expect(await probe(at)).toMatchObject({ outcome: { kind: "trouble", trouble: { kind: "unreachable" } }, left: [] });
});
