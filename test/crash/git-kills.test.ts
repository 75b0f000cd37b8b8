/**
 * kill -9 at the calls of git with which a machine publishes and brings its tree up to date: what others do after that, and this
 * machine's next look, end as if nothing had been.
 */
import { expect, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "../support/sandbox.ts";
import { machines } from "../support/shared-sandboxes.ts";

const files = {
  "operations/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { app: "", to: "" }
steps:
  - { type: lock, name: lock, resource: "\${app}", wait: 60 }
  - { type: state_update, name: set, file: apps.json, updates: { ".\${app}": "\${to}" } }
  - { type: unlock, name: unlock, resource: "\${app}" }
`,
  "infra/state/apps.json": '{"web": "0"}\n',
};

const set = (box: Sandbox, app: string, to: string) => box.garza("run", "set", `app=${app}`, `to=${to}`, "--local");

/** Runs git; at the first call that looks like `call`, while `at` is there, `sh` does what is to be done instead. */
const killing = (box: Sandbox, at: string, call: string, sh: string) =>
  box.program(
    "git",
    `PATH=\${PATH#${join(box.folder, "bin")}:}
case "$*" in (*"${call}"*) if rm '${at}' 2>/dev/null; then ${sh}; fi;; esac
exec git "$@"`,
  );

/** As git leaves it when it dies over the files: some are there, the index is not. */
const midway = `for last; do :; done; git cat-file blob "$last":infra/state/apps.json > infra/state/apps.json; : > .git/index.lock`;

const deaths = [
  ["before the push", "push --porcelain --atomic", "kill -9 $PPID; exit"],
  ["after the push", "push --porcelain --atomic", 'git "$@"; kill -9 $PPID; exit'],
  ["when the tree is about to be moved", "read-tree -m -u", "kill -9 $PPID; exit"],
  ["with git, in the middle of the files", "read-tree -m -u", `${midway}; kill -9 $PPID; exit`],
  ["when the files are moved", "read-tree -m -u", 'git "$@"; kill -9 $PPID; exit'],
  ["when the tree is moved", "update-ref -m garza", 'git "$@"; kill -9 $PPID; exit'],
] as const;

for (const [moment, call, sh] of deaths)
  test(`killed ${moment}`, async () => {
    await using at = await machines(2, { files });
    const [a, b] = at.all as [Sandbox, Sandbox];
    const armed = join(b.folder, "armed");
    await killing(b, armed, call, sh);
    expect((await set(a, "web", "1")).exitCode).toBe(0);

    writeFileSync(armed, "");
    expect((await set(b, "own", "1")).exitCode).toBe(137);
    expect(existsSync(armed)).toBe(false);
    expect((await b.garza("queue", "process", "1", "--until-empty")).exitCode).toBe(0);
    // As git itself says then.
    rmSync(join(b.root, ".git/index.lock"), { force: true });

    // What has come into the tree is no edit of anybody's here.
    expect((await set(a, "web", "2")).exitCode).toBe(0);
    expect(await b.garza("state", "sync")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await b.json("infra/state/apps.json")).toEqual({ web: "2", own: "1" });
    expect(await at.git(b, "status", "--porcelain")).toBe("");
    expect(await at.git(b, "rev-parse", "HEAD")).toBe(await at.shared("rev-parse", "main"));
  }, 60_000);

test.each([
  ["before the push", "kill -9 $PPID; exit", true],
  ["after the push", 'git "$@"; kill -9 $PPID; exit', false],
])(
  "killed %s, and the lock is taken away: it is told whether it was published, and nothing of it comes back",
  async (_, sh, isLost) => {
    await using at = await machines(2, { files });
    const [a, b] = at.all as [Sandbox, Sandbox];
    const armed = join(b.folder, "armed");
    await killing(b, armed, "push --porcelain --atomic", sh);
    writeFileSync(armed, "");
    expect((await set(b, "web", "1")).exitCode).toBe(137);
    expect((await a.garza("lock", "release", "web", "--force", "--yes")).exitCode).toBe(0);
    expect((await set(a, "web", "2")).exitCode).toBe(0);

    await b.garza("queue", "process", "1", "--until-empty");
    const [{ id }] = JSON.parse((await b.garza("history", "--json")).stdout) as [{ id: string }];
    const { status, attention } = JSON.parse((await b.garza("status", id, "--json")).stdout) as Told;
    expect(attention?.includes("was not published") ?? false).toBe(isLost);
    if (status === "interrupted") await b.garza("queue", "resume", id);
    expect(await b.garza("state", "sync")).toMatchObject({ exitCode: 0, stderr: "" });
    for (const box of at.all) expect(await box.json("infra/state/apps.json")).toEqual({ web: "2" });
    expect(await at.git(b, "status", "--porcelain")).toBe("");
  },
  60_000,
);

type Told = { status: string; attention: string | null };
