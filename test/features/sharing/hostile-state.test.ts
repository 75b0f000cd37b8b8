/** State files that somebody has made unfit at the remote: told with their place, and nothing else waits for them. */
import { describe, expect, test } from "bun:test";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";

const head = (name: string) => `operation: { name: ${name}, type: maintain, description: A test }\n`;
const file = "infra/state/deployments.json";

const files = {
  "operations/set.yml": `${head("set")}parameters: { version: "1" }
steps:
  - { type: lock, name: lock, resource: web, wait: 30 }
  - { type: state_update, name: set, file: deployments.json, updates: { ".web": "\${version}" } }
  - { type: state_update, name: other, file: other.json, updates: { ".web": "\${version}" } }
  - { type: unlock, name: unlock, resource: web }
`,
  "operations/push.yml": `${head("push")}steps:
  - { type: command, name: edit, command: cp mine infra/state/deployments.json }
  - type: git
    name: push
    commands: [git add infra/state/deployments.json, git commit -m mine, git push]
`,
  "operations/pull.yml": `${head("pull")}steps:
  - { type: state_update, name: set, file: deployments.json, updates: { ".pulled": true } }
  - { type: state_update, name: other, file: other.json, updates: { ".pulled": true } }
  - { type: git, name: pull, command: git pull }
  - { type: state_check, name: see, file: other.json, path: ".pulled", expected: true }
  - { type: state_check, name: new, file: other.json, path: ".new", expected: true }
`,
  mine: '{"web": "mine"}\n',
  [file]: '{"web": "0", "by": "hand"}\n',
  "infra/state/other.json": '{"web": "0"}\n',
};

const pair = ({ all }: Machines) => all as [Sandbox, Sandbox];
const atRemote = async (at: Machines, name: string) => at.shared("show", `main:infra/state/${name}.json`);

/** A person commits this in place of the file, and pushes it. */
async function replace(at: Machines, box: Sandbox, put: (path: string) => Promise<unknown>): Promise<void> {
  const path = join(box.root, file);
  await rm(path, { recursive: true, force: true });
  await put(path);
  await at.git(box, "add", "-A");
  await at.git(box, "commit", "-q", "-m", "theirs");
  await at.git(box, "push", "-q");
}
const text = (content: string) => (path: string) => writeFile(path, content);
const folder = async (path: string) => {
  await mkdir(path);
  await writeFile(join(path, "x.json"), "{}");
};

const unfit: [what: string, put: (path: string) => Promise<unknown>, says: string][] = [
  ["a key twice", text('{\n  "a": 1,\n  "a": 2\n}\n'), 'at origin is damaged (line 3, column 3: the key "a"'],
  [
    "marks of a merge",
    text('{\n<<<<<<< HEAD\n  "a": 1\n=======\n>>>>>>> x\n}\n'),
    "at origin is damaged (line 2, column 1: here begins a conflict",
  ],
  ["50 MB", text(`{"a": "${"x".repeat(50_000_000)}"}`), "at origin is refused: it is larger than 16 MiB"],
  ["a folder", folder, `path ${file} is refused: it is not a regular file`],
  ["a link out of the repository", (path) => symlink("/etc/hostname", path), "at origin is damaged (line 1, column 1"],
];

// Of a large one all is said at a publication, and git takes its time for each.
const small = unfit.filter(([what]) => what !== "50 MB");

describe("at a publication", () => {
  test.each(unfit)(
    "%s is told, kept for later, and in nobody's way",
    async (_, put, says) => {
      await using at = await machines(2, { files });
      const [a, b] = pair(at);
      await replace(at, b, put);
      const before = await at.shared("ls-tree", "main", file);
      const { exitCode, stderr } = await a.garza("run", "set", "version=2");
      expect([exitCode, stderr.split(says).length - 1 > 0 ? "" : stderr]).toEqual([0, ""]);
      expect(stderr.split("is kept here").length).toBe(2);
      expect(await at.shared("ls-tree", "main", file)).toBe(before);
      expect(await atRemote(at, "other")).toBe('{"web": "2"}');
      expect(await at.shared("log", "-1", "--format=%s", "refs/garza/locks/web")).toStartWith("release web #1.1");

      await at.git(b, "pull", "-q");
      await replace(at, b, text('{"web": "0", "by": "another hand"}\n'));
      expect(await a.garza("state", "sync")).toMatchObject({ exitCode: 0 });
      expect(await atRemote(at, "deployments")).toBe('{"web": "2", "by": "another hand"}');
      expect(await a.garza("run", "set", "version=3")).toMatchObject({ exitCode: 0 });
      expect(await atRemote(at, "deployments")).toBe('{"web": "3", "by": "another hand"}');
      expect(await at.git(a, "status", "--porcelain", "--branch")).toBe("## main...origin/main");
    },
    60_000,
  );

  test("with a byte order mark, or empty, it is written to as anywhere", async () => {
    await using at = await machines(2, { files });
    const [a, b] = pair(at);
    await replace(at, b, text('\ufeff{"by": "hand"}\n'));
    expect(await a.garza("run", "set", "version=2")).toMatchObject({ exitCode: 0 });
    expect(await at.shared("show", `main:${file}`)).toBe('\ufeff{"by": "hand", "web": "2"}'.trim());
    await at.git(b, "pull", "-q");
    await replace(at, b, text(""));
    expect(await a.garza("run", "set", "version=3")).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(await atRemote(at, "deployments"))).toEqual({ web: "3" });
    expect(await at.git(a, "status", "--porcelain", "--branch")).toBe("## main...origin/main");
  }, 60_000);
});

describe("at a git pull of a template", () => {
  // Of a large one all is said above, and git takes its time for each.
  test.each(unfit.filter(([what]) => what !== "50 MB"))(
    "%s comes as it is, what was set in it waits, and other files go on",
    async (_, put) => {
      await using at = await machines(2, { files });
      const [a, b] = pair(at);
      await b.write("infra/state/other.json", '{"web": "0", "new": true}\n');
      await replace(at, b, put);
      const { exitCode, stderr } = await a.garza("run", "pull");
      expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
      expect(stderr).toContain(`${file} does not show what was changed last: `);
      expect(stderr).toContain(`what was changed in ${file} is kept here: `);
      expect(await at.git(a, "status", "--porcelain", "--branch")).toBe("## main...origin/main");
      expect(JSON.parse(await atRemote(at, "other"))).toEqual({ web: "0", new: true, pulled: true });

      await at.git(b, "pull", "-q");
      await replace(at, b, text('{"web": "1"}\n'));
      await a.run("git", "pull", "-q");
      expect(await a.garza("state", "sync")).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(await atRemote(at, "deployments"))).toEqual({ web: "1", pulled: true });
    },
    60_000,
  );

  test.each(small)(
    "%s is not merged into what the template has committed itself",
    async (_, put) => {
      await using at = await machines(2, { files });
      const [a, b] = pair(at);
      await replace(at, b, put);
      const tip = await at.shared("rev-parse", "main");
      const { exitCode, stderr } = await a.garza("run", "push");
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`both changed ${file}; nothing was moved`)]);
      expect(await at.shared("log", "--format=%s", `${tip}..main`, "--", file)).toBe("");
      expect(await a.read(file)).toBe('{"web": "mine"}\n');
    },
    60_000,
  );
});
