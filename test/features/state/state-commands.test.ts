import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";
import { machines } from "../../support/shared-sandboxes.ts";

const file = "infra/state/deployments.json";
const text = '{\n  "apps": {"web": {"status": "up", "port": 8080.0}, "db": {}},\n  "id": 12345678901234567890\n}\n';
const box = (state: string = text, git = true) => sandbox({ files: { [file]: state }, git });
const person = (name: string) => ["-c", `user.name=${name}`, "-c", "user.email=x@x"];
const commit = (b: Sandbox, name: string, ...message: string[]) =>
  b.run("git", ...person(name), "commit", "-qam", message.join("\n\n"));
const told = async (ended: Promise<{ stdout: string; stderr: string; exitCode: number }>) => {
  const { stdout, stderr, exitCode } = await ended;
  return { out: stdout, err: stderr, exit: exitCode };
};

describe("state get", () => {
  test("prints a text as it is, everything else as it is written", async () => {
    await using b = await box();
    const get = async (...args: string[]) => (await b.garza("state", "get", ...args)).stdout;
    expect(await get("deployments.json")).toBe(`${text.trim()}\n`);
    expect(await get("infra/state/deployments", ".apps.web.status")).toBe("up\n");
    expect(await get("deployments", ".apps.web.status", "--json")).toBe('"up"\n');
    expect(await get("deployments", ".id")).toBe("12345678901234567890\n");
    expect(await get("deployments", ".apps.*.status")).toBe('.apps.web.status  "up"\n');
    expect(JSON.parse(await get("deployments", ".apps.*.port", "--json"))).toEqual([
      { path: ".apps.web.port", value: 8080 },
    ]);
  });

  test("names what is nearest to a slip", async () => {
    await using b = await box();
    expect(await told(b.garza("state", "get", "deploymnts", ".apps"))).toEqual({
      out: "",
      err: "garza: there is no state file infra/state/deploymnts. Nearest: deployments.json. List them: ls infra/state\n",
      exit: 2,
    });
    expect((await b.garza("state", "get", "deployments", ".apps.wbe.status")).stderr).toBe(
      `garza: ${file} has no .apps.wbe.status. Nearest: .apps.web.status. Look: garza state get ${file}\n`,
    );
    expect((await b.garza("state", "get", "deployments", ".apps.web.colour")).stderr).toContain(
      "Nearest: .apps.web.status, .apps.web.port.",
    );
    const { problem } = JSON.parse((await b.garza("state", "get", "deployments", ".colour", "--json")).stdout);
    expect(problem).toMatchObject({ kind: "state-unknown", file, path: ".colour", nearest: [".apps", ".id"] });
    expect(await told(b.garza("state", "get", "deployments", ".apps["))).toMatchObject({ exit: 2 });
    expect(await told(b.garza("state", "get", "../hosts.yml"))).toMatchObject({ exit: 2 });
  });
});

describe("state set and delete", () => {
  test("change their own place, say what was there, and commit nothing", async () => {
    await using b = await box();
    expect(await told(b.garza("state", "set", "deployments", ".apps.web.status", "down"))).toEqual({
      out: '.apps.web.status  "up" -> "down"\n',
      err: `${file} is not committed yet: garza state sync shares it with other machines\n`,
      exit: 0,
    });
    expect((await b.garza("state", "set", "deployments", '.apps["a=b"].tags:=["x"]')).stdout).toBe(
      '.apps["a=b"].tags  nothing -> ["x"]\n',
    );
    expect((await b.garza("state", "delete", "deployments", ".apps.db")).exitCode).toBe(0);
    expect(await b.read(file)).toBe(
      text.replace('"up"', '"down"').replace('"db": {}', '"a=b": {\n      "tags": [\n        "x"\n      ]\n    }'),
    );
    expect((await b.run("git", "status", "--porcelain")).stdout).toBe(` M ${file}\n`);
  });

  test("a text in the place of a number is told", async () => {
    await using b = await box(text, false);
    expect(await told(b.garza("state", "set", "deployments", ".apps.web.port", "80"))).toEqual({
      out: '.apps.web.port  8080 -> "80"\n',
      err: "warning: .apps.web.port is a text now, and was none. For JSON write .apps.web.port:=80\n",
      exit: 0,
    });
    const { stdout } = await b.garza("state", "set", "deployments", ".apps.web.port=:=80", "--json");
    expect(JSON.parse(stdout)).toEqual({
      file,
      changes: [{ path: ".apps.web.port", before: "80", after: ":=80" }],
      warnings: [],
    });
  });

  test("a new file is made and said", async () => {
    await using b = await box(text, false);
    expect((await b.garza("state", "set", "new.json", ".a", "1")).stderr).toBe("made infra/state/new.json\n");
    expect(await b.json("infra/state/new.json")).toEqual({ a: "1" });
  });

  test("what can't be done changes nothing", async () => {
    await using b = await box();
    const refusals: [args: string[], says: string, exit: number][] = [
      [["set", "deployments", ".a:=null"], "null can't be set\n  To delete it: garza state delete FILE .a", 2],
      [["set", "deployments", ".a:={"], "the value is no JSON: line 1, column 2:", 2],
      [["set", "deployments", ".a"], "state set needs a value", 2],
      [["set", "deployments", ".id.x", "1"], ".id is no mapping: it has no place for .x", 2],
      [["set", "deployments", ".__proto__.x", "1"], "__proto__ can't be a key", 2],
      [["set", "deployments", ".none.*.x", "1"], "has no .none.*.x", 2],
      [["delete", "deployments", ".apps.wbe"], "Nearest: .apps.web, .apps.db.", 2],
      [["delete", "none", ".a"], "there is no state file", 2],
    ];
    for (const [args, says, exit] of refusals) {
      const ended = await told(b.garza("state", ...args));
      expect({ err: ended.err.includes(says) ? says : ended.err, exit: ended.exit }).toEqual({ err: says, exit });
    }
    expect(await b.read(file)).toBe(text);
  });
});

describe("state diff", () => {
  test("tells the places that differ from what is committed, and from another branch", async () => {
    await using b = await box('{"a": 1, "log": [{"id": "x", "n": 1}]}');
    expect(await told(b.garza("state", "diff"))).toEqual({
      out: "",
      err: "The state files are as in HEAD.\n",
      exit: 0,
    });
    await b.run("git", "branch", "old");
    await b.write(file, '{"log": [{"id": "y"}, {"n": 2, "id": "x"}],\n "a": 1.0}');
    await b.write("infra/state/new.json", "{}");
    const differing = `${file}\n  .log[id "x"].n  1 -> 2\n  .log[id "y"]    nothing -> {"id":"y"}\n`;
    expect((await b.garza("state", "diff")).stdout).toBe(`${differing}infra/state/new.json\n  .  nothing -> {}\n`);
    await b.run("git", "add", "-A");
    await commit(b, "Ada", "new");
    expect((await b.garza("state", "diff")).stdout).toBe("");
    const found = JSON.parse((await b.garza("state", "diff", "old", "--json")).stdout);
    expect(found[0]).toEqual({ file, path: '.log[id "x"].n', before: 1, after: 2 });
    expect(await told(b.garza("state", "diff", "nope"))).toMatchObject({ exit: 2 });
    expect(await told(b.garza("state", "diff", "--", "--output=x"))).toMatchObject({ exit: 2 });
  });

  test("outside of a repository there is nothing to compare with", async () => {
    await using b = await box(text, false);
    expect(await told(b.garza("state", "diff"))).toMatchObject({ exit: 78 });
    expect(await told(b.garza("state", "history", ".a"))).toMatchObject({ exit: 78 });
  });
});

describe("state history", () => {
  const rows = async (b: Sandbox, ...args: string[]) => {
    const found = JSON.parse((await b.garza("state", "history", ...args, "--json")).stdout) as Record<
      string,
      unknown
    >[];
    return found.map(({ by, subject, operations, before, after }) => ({ by, subject, operations, before, after }));
  };

  test("tells who changed a value, when, and in which operation; newest first, and what is not committed", async () => {
    await using b = await box('{"a": {"s": 1}}');
    const save = async (by: string, state: string, ...message: string[]) => {
      await b.write(file, state);
      await commit(b, by, ...message);
    };
    await save("Ada", '{"a": {"s": 2}}', "garza: deploy/web state", "Garza-Operation: op_1\nGarza-Operation: op_2");
    await save("Bob", '{"a": {"s": 2}, "b": 1}', "elsewhere");
    await save("Cy", '{"a": {"s": 2}, "a"', "damaged");
    await save("Di", '{"b": 1}', "deleted: by hand");
    await b.write(file, '{"a": {"s": 3}}');
    const expected = [
      { by: "", subject: "not committed", operations: [], before: undefined, after: 3 },
      { by: "Di", subject: "deleted: by hand", operations: [], before: undefined, after: undefined },
      { by: "Cy", subject: "damaged", operations: [], before: 2, after: undefined },
      { by: "Ada", subject: "garza: deploy/web state", operations: ["op_1", "op_2"], before: 1, after: 2 },
      { by: "Test", subject: "Start", operations: [], before: undefined, after: 1 },
    ];
    expect(await rows(b, "deployments", ".a.s")).toEqual(expected);
    expect(await rows(b, ".a.s", "--limit", "2")).toEqual(expected.slice(0, 2));
    const { stdout } = await b.garza("state", "history", ".a.s");
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}Ada {3}op_1, op_2 {8}1 -> 2$/m);
    expect(stdout).toContain("(no JSON) -> nothing\n");
  });

  test("names the operation whose change was published", async () => {
    const update = "{ type: state_update, name: put, file: deployments.json, publish: now, updates: { .a: 2 } }";
    const template = `operation: { name: t, type: maintain, description: d }\nsteps:\n  - ${update}\n`;
    await using shared = await machines(1, { files: { [file]: '{"a": 1}', "operations/t.yml": template } });
    const [b] = shared.all as [Sandbox];
    const [first = ""] = (await b.garza("run", "t", "--json")).stdout.split("\n");
    const { operation } = JSON.parse(first) as { operation: string };
    const [newest] = await rows(b, ".a");
    expect(newest).toMatchObject({ operations: [operation], before: 1, after: 2 });
    expect((await b.run("git", "status", "--porcelain")).stdout).toBe("");
  });

  test("a merge counts where it has what no side had", async () => {
    await using b = await box('{"a": 1, "b": 1}');
    await b.run("git", "checkout", "-qb", "side");
    await b.write(file, '{"a": 2, "b": 1}');
    await commit(b, "Side", "side");
    await b.run("git", "checkout", "-q", "main");
    await b.write(file, '{"a": 1, "b": 3}');
    await commit(b, "Main", "main");
    await b.run("git", ...person("Merger"), "merge", "-q", "side");
    await b.write(file, '{"a": 2, "b": 4}');
    await b.run("git", "add", "-A");
    await b.run("git", ...person("Merger"), "commit", "-qm", "merged");
    expect((await rows(b, "deployments", ".a")).map(({ by }) => by)).toEqual(["Side", "Test"]);
    expect((await rows(b, "deployments", ".b")).map(({ by }) => by)).toEqual(["Merger", "Main", "Test"]);
  });

  test("of everything in a file it tells the places", async () => {
    await using b = await box('{"a": 1, "b": {"x": 1}}');
    await b.write(file, '{"a": 2, "b": {"y": 1}}');
    expect((await b.garza("state", "history", "deployments")).stdout).toContain(
      ".a 1 -> 2, .b.x 1 -> nothing, .b.y nothing -> 1\n",
    );
  });

  test("what never was is a slip, and many places have many pasts", async () => {
    await using b = await box();
    expect((await b.garza("state", "history", ".aps")).stderr).toBe(
      "garza: no state file has, or ever had, .aps\n  Nearest: .apps\n",
    );
    expect((await b.garza("state", "history", "deployments", ".apps.wbe")).stderr).toContain("Nearest: .apps.web, ");
    expect(await told(b.garza("state", "history", "none", ".a"))).toMatchObject({ exit: 2 });
    expect((await b.garza("state", "history", ".apps.*")).stderr).toContain("names many places");
  });
});

describe("a state file that can't be read", () => {
  test.each<[what: string, state: string, says: string, remedy: string]>([
    ["a key twice", '{\n  "a": 1,\n  "a": 2\n}', 'line 3, column 3: the key "a" stands here', "git show HEAD:./"],
    [
      "marks of a merge",
      '{\n<<<<<<< HEAD\n  "a": 1\n=======\n>>>>>>> x\n}',
      "line 2, column 1: here begins a conflict",
      "<<<<<<<",
    ],
    ["no end", '{"a": ', "line 1, column 7: expected a value", "Correct it there"],
    ["50 MB", `{"a": "${"x".repeat(50_000_000)}"}`, "it is larger than 16 MiB", "a regular file of JSON"],
  ])("with %s is refused with its place, left as it is, and doctor says what to do", async (_, state, says, remedy) => {
    await using b = await box(state);
    for (const args of [
      ["get", "deployments", ".a"],
      ["set", "deployments", ".a", "1"],
    ]) {
      const { stderr, exitCode } = await b.garza("state", ...args);
      expect(stderr).toContain(says);
      expect(stderr).toContain(file);
      expect([2, 65]).toContain(exitCode);
    }
    expect((await b.read(file)) === state).toBe(true);
    const { stdout, exitCode } = await b.garza("doctor");
    expect(stdout).toContain(says);
    expect(stdout).toContain(remedy);
    expect(exitCode).toBe(1);
  });

  test("a folder, and a byte order mark", async () => {
    await using b = await box(`\ufeff${text}`);
    mkdirSync(join(b.root, "infra/state/folder.json"));
    expect((await b.garza("state", "get", "folder.json")).stderr).toContain("it is not a regular file");
    expect((await b.garza("state", "get", "deployments", ".apps.web.status")).stdout).toBe("up\n");
    await b.garza("state", "set", "deployments", ".apps.web.status", "down");
    expect(await b.read(file)).toBe(`\ufeff${text.replace('"up"', '"down"')}`);
    const { stdout } = await b.garza("doctor");
    expect(stdout).toContain("begins with a byte order mark");
    expect(stdout).toContain("it is not a regular file");
    writeFileSync(join(b.root, file), "");
    expect((await b.garza("state", "get", "deployments")).stdout).toBe("{}\n");
  });
});
