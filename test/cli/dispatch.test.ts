import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dispatch } from "../../src/cli/dispatch.ts";
import type { Finding } from "../../src/cli/doctor/check.ts";
import { commands } from "../../src/cli/index.ts";
import { sandbox } from "../support/temporary.ts";
import { type RecordingTerminal, recordingTerminal } from "./recording-terminal.ts";

const base = sandbox();

type Box = Parameters<typeof recordingTerminal>[0] & { git?: boolean };

/** A repository with nothing in it, and a way to type commands there. */
function box(settings: Box = {}) {
  const path = mkdtempSync(join(base, "box-"));
  const root = join(path, "ops");
  mkdirSync(join(root, "operations"), { recursive: true });
  const env = { HOME: path, PATH: process.env.PATH ?? "", GARZA_HOME: join(path, "data"), ...settings.env };
  return {
    root,
    data: env.GARZA_HOME,
    async type(...argv: string[]) {
      const terminal = recordingTerminal({ cwd: root, now: Date.now(), ...settings, env });
      return ended(await dispatch(argv, terminal), terminal);
    },
  };
}

const ended = (code: number, terminal: RecordingTerminal) => ({ code, out: terminal.printed(), err: terminal.told() });

test("without a command, and with --help, every command is listed", async () => {
  const { type } = box();
  const bare = await type();
  expect(await type("--help")).toEqual(bare);
  expect(await type("help")).toEqual(bare);
  expect(bare.code).toBe(0);
  expect(bare.err).toBe("");
  for (const { name, summary, hidden } of commands)
    expect(new RegExp(`^  ${name} +${RegExp.escape(summary)}$`, "m").test(bare.out)).toBe(!hidden);
});

test("the first word of several commands has help, too", async () => {
  const { type } = box();
  const group = await type("help", "queue");
  expect(group.out).toContain("queue rollback");
  expect(group.out).not.toContain("template list");
  for (const typed of [
    ["queue", "--help"],
    ["queue", "-h"],
    ["--help", "queue"],
    ["queue", "--json", "--help"],
  ])
    expect(await type(...typed)).toEqual(group);
  expect((await type("queue", "ad", "--help")).err).toContain("Did you mean: garza queue add");
});

test("every command has help with an example that begins with it, and says what the table says", async () => {
  const { type } = box();
  for (const { name, summary, load } of commands) {
    const command = await load();
    expect([command.name, command.summary]).toEqual([name, summary]);
    const { code, out, err } = await type(...name.split(" "), "--help");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toStartWith(`${summary}.\n\nUsage: garza ${name}`);
    expect(command.examples.some((example) => example.includes(`garza ${name}`))).toBe(true);
    expect(await type("help", ...name.split(" "))).toEqual({ code, out, err });
  }
});

test("unknown words and flags are usage problems with the nearest known one", async () => {
  const { type } = box();
  const first = async (...argv: string[]) => {
    const { code, out, err } = await type(...argv);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    return err;
  };
  expect(await first("rnu", "x")).toBe("garza: there is no command rnu\n  Did you mean: garza run\n");
  expect(await first("template", "lst")).toBe(
    "garza: there is no command template lst\n  Did you mean: garza template list\n",
  );
  expect(await first("secret")).toBe(
    "garza: secret needs a second word\n  Known: secret set, secret list, secret remove\n",
  );
  expect(await first("xyzzyx")).toBe("garza: there is no command xyzzyx\n  List them: garza --help\n");
  expect(await first("history", "--limt=3")).toStartWith("garza: history has no flag --limt. Did you mean --limit?\n");
  expect(await first("--rot", "history")).toStartWith("garza: history has no flag --rot. Did you mean --root?\n");
  expect(await first("--nothing")).toStartWith("garza: there is no flag --nothing\n");
  expect(await first("\u001b[2J")).toStartWith("garza: there is no command \\x1b[2J\n");
});

test("with --json a problem is data too", async () => {
  const { type } = box();
  const { code, out } = await type("status", "op_none", "--json");
  expect(code).toBe(2);
  expect(JSON.parse(out)).toEqual({
    problem: {
      kind: "operation-unknown",
      id: "op_none",
      message: "there is no operation op_none. List them: garza history",
    },
  });
});

test("flags may stand before the command", async () => {
  const { type, root } = box({ cwd: "/" });
  expect((await type("--root", root, "secret", "list", "--json")).out).toBe("[]\n");
  expect((await type(`--root=${root}`, "secret", "list", "--json")).out).toBe("[]\n");
});

test("where nothing has run, status and history say so", async () => {
  const { type } = box();
  expect((await type("status")).out).toBe("Nothing has run here yet. Try: garza run demo/hello\n");
  expect(JSON.parse((await type("status", "--json")).out)).toEqual({
    agent: null,
    full_disk: null,
    locks: [],
    owed: { locks: 0, changes: 0 },
    services: [],
    paused: [],
    running: [],
    queued: [],
    queued_count: 0,
    attention: [],
    ended: [],
  });
  const { queued, max_concurrent, oldest_queued_ms } = JSON.parse((await type("queue", "stats", "--json")).out);
  expect([queued, max_concurrent, oldest_queued_ms]).toEqual([0, 3, null]);
  expect(JSON.parse((await type("queue", "list", "--json")).out)).toEqual({ operations: [], next: null });
  expect(await type("history", "--json")).toEqual({ code: 0, out: "[]\n", err: "" });
});

test("flags with impossible values are refused before anything is opened", async () => {
  const { type, data } = box();
  const lines = await Promise.all(
    [
      ["run", "x", "--priority", "10"],
      ["run", "x", "--timeout", "soon"],
      ["run", "x", "--check"],
      ["run", "x", "--key", "é"],
      ["history", "--limit", "0"],
      ["history", "--status", "sucess"],
      ["queue", "resolve", "op_1", "--step", "x", "--as", "don"],
      ["queue", "list", "runing"],
      ["queue", "add", "x", "--not-before", "soon"],
    ].map(async (argv) => {
      const { code, err } = await type(...argv);
      return `${code} ${err.split("\n")[0]}`;
    }),
  );
  expect(lines).toEqual([
    "2 garza: --priority 10 is not one of 0 to 9",
    "2 garza: --timeout soon is no duration like 30s, 5m, 2h",
    "2 garza: --check goes with --dry-run",
    "2 garza: --key takes 1 to 200 printable characters",
    "2 garza: --limit 0 is not a number from 1 to 999999",
    "2 garza: --status sucess is none of queued, running, success, failed, cancelled, interrupted. Did you mean success?",
    "2 garza: --as don is none of done, not-done, failed. Did you mean done?",
    "2 garza: runing is none of queued, running, success, failed, cancelled, interrupted. Did you mean running?",
    '2 garza: "soon" is neither a time like 2030-01-31T12:00:00Z nor a duration from now like 30m',
  ]);
  expect(existsSync(data)).toBe(false);
});

test("--detach needs an agent, and says how to start one", async () => {
  const { code, err } = await box().type("run", "demo/hello", "--detach");
  expect(code).toBe(77);
  expect(err).toContain("Start one: garza agent");
});

test("a secret is read from standard input, stored for its owner alone, and never shown", async () => {
  const { type, data } = box({ input: "hunter2-hunter2\n" });
  expect(await type("secret", "set", "TOKEN")).toEqual({ code: 0, out: "", err: "stored TOKEN\n" });
  expect(JSON.parse(readFileSync(join(data, "secrets.json"), "utf8"))).toEqual({ TOKEN: "hunter2-hunter2" });
  expect(statSync(join(data, "secrets.json")).mode & 0o777).toBe(0o600);
  expect(await type("secret", "list")).toEqual({ code: 0, out: "TOKEN  file\n", err: "" });
  expect(await type("secret", "remove", "TOKEN")).toEqual({ code: 0, out: "", err: "removed TOKEN\n" });
  expect((await type("secret", "remove", "TOKEN")).code).toBe(2);
});

test("a short secret is asked about on a terminal, and warned of elsewhere", async () => {
  const refused = box({ answers: ["abc", "n"] });
  expect((await refused.type("secret", "set", "PIN")).code).toBe(77);
  expect(existsSync(join(refused.data, "secrets.json"))).toBe(false);
  expect((await box({ answers: ["abc", "y"] }).type("secret", "set", "PIN")).code).toBe(0);
  expect((await box({ answers: ["abc"] }).type("secret", "set", "PIN", "--yes")).code).toBe(0);
  const piped = await box({ input: "abc" }).type("secret", "set", "PIN");
  expect(piped).toEqual({
    code: 0,
    out: "",
    err: "warning: PIN has fewer than 6 characters, so it can't be masked in output and logs\nstored PIN\n",
  });
  expect((await box({ input: "\n" }).type("secret", "set", "PIN")).code).toBe(2);
  expect((await box({ answers: [] }).type("secret", "set", "PIN")).code).toBe(130);
});

test("a new template can be validated and is never written over", async () => {
  const { type, root } = box();
  expect((await type("template", "new", "deploy/web")).out).toBe("operations/deploy/web.yml\n");
  const text = readFileSync(join(root, "operations/deploy/web.yml"), "utf8");
  expect(text).toContain("  name: deploy_web\n  type: deploy #");
  expect(await type("template", "validate", "--strict")).toMatchObject({ code: 0, out: "1 checked, 0 with faults\n" });
  writeFileSync(join(root, "operations/deploy/web.yml"), "mine");
  expect((await type("template", "new", "deploy/web")).code).toBe(2);
  expect(readFileSync(join(root, "operations/deploy/web.yml"), "utf8")).toBe("mine");
  for (const name of ["../x", "/x", "a//b", "A", "", "x.sh", "a/../../b"])
    expect((await type("template", "new", name)).code).toBe(2);
});

test("init makes a repository in which everything is valid, and touches nothing that is there", async () => {
  const { root } = box();
  const folder = join(root, "new");
  mkdirSync(folder);
  writeFileSync(join(folder, "garza.yml"), "# mine\n");
  writeFileSync(join(folder, ".gitignore"), "node_modules");
  const terminal = () => recordingTerminal({ cwd: folder, env: { HOME: root } });
  const first = terminal();
  expect(await dispatch(["init"], first)).toBe(0);
  expect(readFileSync(join(folder, "garza.yml"), "utf8")).toBe("# mine\n");
  expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("node_modules\ninfra/state/locks/\n");
  expect(first.told()).toContain("kept  garza.yml (it was there)\n");
  expect(first.told()).toContain("locks and state stay on this machine");
  expect(await dispatch(["template", "validate", "--strict"], terminal())).toBe(0);
  const again = terminal();
  expect(await dispatch(["init"], again)).toBe(0);
  expect(again.printed()).toBe("");
});

test("doctor finds what is wrong, says what to do, and fails only for what fails", async () => {
  const { type, root } = box();
  writeFileSync(join(root, "operations/bad.yml"), "operation: {}\n");
  const { code, out } = await type("doctor", "--json");
  expect(code).toBe(1);
  const found = JSON.parse(out) as Finding[];
  expect(found.filter(({ level }) => level === "fail")).toEqual([
    { level: "fail", check: "templates", message: "bad is not valid", remedy: "garza template validate bad" },
  ]);
  for (const { level, remedy } of found) expect(remedy === undefined).toBe(level === "ok");
  const nowhere = recordingTerminal({ cwd: base, env: { PATH: process.env.PATH ?? "" }, now: Date.now() });
  expect(await dispatch(["doctor"], nowhere)).toBe(1);
  expect(nowhere.printed()).toContain("garza init");
});
