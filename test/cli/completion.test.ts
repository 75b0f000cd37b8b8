import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { dispatch } from "../../src/cli/dispatch.ts";
import { commands } from "../../src/cli/index.ts";
import { systemClock } from "../../src/core/clock.ts";
import { sandbox } from "../support/temporary.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const base = sandbox();
const template = `operation: { name: web, type: deploy, description: Deploys the web service }
parameters:
  region: { type: string, enum: [fra, ams], default: fra, description: Where it goes }
  fast: false
  note: none
  host:
    required: true
steps: [{ type: command, name: say it, command: 'echo \${region} \${fast} \${note} \${host}' }]
`;

function repository() {
  const root = mkdtempSync(join(base, "box-"));
  mkdirSync(join(root, "operations/deploy"), { recursive: true });
  mkdirSync(join(root, "infra"));
  writeFileSync(join(root, "operations/deploy/web.yml"), template);
  writeFileSync(join(root, "infra/hosts.yml"), "hosts: { web1: { primary: {} }, web2: { primary: {} } }\n");
  return { root, env: { HOME: root, PATH: process.env.PATH ?? "", GARZA_HOME: join(root, "data") } };
}

/** What is printed for the words: a line each, with a description behind a tab. */
async function offered(...words: string[]): Promise<string[]> {
  const { root, env } = repository();
  return offeredIn({ cwd: root, env }, ...words);
}

async function offeredIn(
  settings: { cwd: string; env: Record<string, string> },
  ...words: string[]
): Promise<string[]> {
  const terminal = recordingTerminal(settings);
  expect(await dispatch(["completion", "words", "--", ...words], terminal)).toBe(0);
  expect(terminal.told()).toBe("");
  return terminal.printed().split("\n").slice(0, -1);
}

const completed = async (...words: string[]) => (await offered(...words)).map((line) => line.split("\t")[0] ?? "");

test("commands, second words, flags and templates are offered, with what they are", async () => {
  expect(await offered("st")).toEqual([
    "state\tget, set, merge, delete, diff, sync, history",
    "status\tWhat runs, what ended, what needs a person; with an id, its steps",
  ]);
  expect(await offered("run", "deploy/we")).toEqual(["deploy/web\tDeploys the web service"]);
  expect(await completed("template", "s")).toEqual(["schema", "show"]);
  expect(await completed("history", "--l")).toEqual(["--limit"]);
  expect(await completed("history", "--limit", "3", "--l")).toEqual([]);
  expect(await completed("run", "deploy/w")).toEqual(["deploy/web", "deploy/worker"]);
  expect(await completed("queue", "pause", "deploy/we")).toEqual(["deploy/web"]);
  expect(await completed("queue", "list", "f")).toEqual(["failed"]);
  expect(await completed("history", "--status", "fa")).toEqual(["failed"]);
  expect(await completed("history", "--status=fa")).toEqual(["--status=failed"]);
  expect(await completed("history", "--template", "deploy/we")).toEqual(["deploy/web"]);
  expect(await completed("completion", "")).toEqual(["bash", "fish", "zsh"]);
  expect(await completed("--root", "/", "his")).toEqual(["history"]);
  expect(await completed("help", "e")).toEqual(["exit-codes", "environment"]);
});

test("every command is offered, by its first word and its second", async () => {
  const first = await completed("");
  for (const { name } of commands.filter(({ hidden }) => !hidden)) {
    const [group = "", second] = name.split(" ");
    expect(first).toContain(group);
    if (second) expect(await completed(group, second)).toContain(second);
  }
});

test("parameters are offered by name, then by what they may be, the default too", async () => {
  expect(await offered("run", "deploy/web", "")).toEqual([
    'region=\tWhere it goes; string, default "fra"',
    "fast=\tboolean, default false",
    'note=\tstring, default "none"',
    "host=\tstring, must be given",
  ]);
  expect(await completed("run", "--priority", "3", "deploy/web", "region=fra", "host:=1", "")).toEqual([
    "fast=",
    "note=",
  ]);
  expect(await offered("queue", "add", "deploy/web", "region=")).toEqual(["region=fra\tdefault", "region=ams"]);
  expect(await completed("run", "deploy/web", "fast=")).toEqual(["fast=true", "fast=false"]);
  expect(await completed("run", "deploy/web", "note=")).toEqual(["note=none"]);
  expect(await completed("run", "deploy/web", "host=")).toEqual(["host=web1", "host=web2"]);
});

test("operations are offered by id, the newest first, and their steps by name", async () => {
  const { root, env } = repository();
  const box = { cwd: root, env: { ...env, NO_COLOR: "1" } };
  const ids: string[] = [];
  for (const note of ["one", "two"]) {
    const run = recordingTerminal({ ...box, clock: systemClock });
    await dispatch(["run", "deploy/web", `note=${note}`, "host=web1", "--json"], run);
    ids.unshift(JSON.parse(run.printed().split("\n")[0] ?? "").operation);
  }
  const [newest = "", older = ""] = ids;
  const lines = await offeredIn(box, "status", "");
  expect(lines.map((line) => line.split("\t")[0])).toEqual([newest, older]);
  expect(lines[0]).toContain("\tdeploy/web, success, ");
  expect(await offeredIn(box, "queue", "cancel", "")).toEqual([]);
  expect(await offeredIn(box, "logs", newest, "--step", "")).toEqual(["say it\tcommand, success"]);
});

test("state files are offered, and the places in them a key at a time", async () => {
  const { root, env } = repository();
  mkdirSync(join(root, "infra/state/locks"), { recursive: true });
  writeFileSync(join(root, "infra/state/deployments.json"), '{"apps": {"web": {"port": 80}, "a.b": {}}, "list": [1]}');
  writeFileSync(join(root, "infra/state/locks/x.json"), "{}");
  const words = (...typed: string[]) => offeredIn({ cwd: root, env }, "state", ...typed);
  expect(await words("get", "")).toEqual(["deployments.json"]);
  expect(await words("get", "deployments", "")).toEqual([".apps", ".list"]);
  expect(await words("set", "deployments.json", ".apps.")).toEqual([".apps.web"]);
  expect(await words("delete", "deployments.json", ".apps[")).toEqual(['.apps["a.b"]']);
  expect(await words("history", "deployments.json", ".apps.web.p")).toEqual([".apps.web.port\t80"]);
  expect(await words("get", "deployments", ".list[")).toEqual([".list[0]\t1"]);
  expect(await words("set", "deployments", ".list", "")).toEqual([]);
  expect(await words("get", "none", ".")).toEqual([]);
});

test("where nothing is known nothing is offered, and nothing is told", async () => {
  expect(await completed("run", "no/such", "x")).toEqual([]);
  expect(await completed("status", "")).toEqual([]);
  expect(await completed("run", "--key", "")).toEqual([]);
  expect(await completed("nonsense", "more", "")).toEqual([]);
  expect(await completed("logs", "op_none", "--step", "")).toEqual([]);
  expect(await completed("version", "")).toEqual([]);
  expect(await offeredIn({ cwd: "/", env: {} }, "run", "")).toEqual([]);
  const { root, env } = repository();
  mkdirSync(join(root, "data"));
  writeFileSync(join(root, "data/garza.db"), "this is no database, and never was one, however long it is");
  expect(await offeredIn({ cwd: root, env }, "status", "")).toEqual([]);
});

/** A repository with a `garza` first on PATH. */
function installed() {
  const { root, env } = repository();
  const garza = join(root, "garza");
  writeFileSync(
    garza,
    `#!/bin/sh\nexec '${process.execPath}' '${resolve(import.meta.dir, "../../src/main.ts")}' "$@"\n`,
  );
  chmodSync(garza, 0o755);
  return { root, env: { ...env, PATH: `${root}:${env.PATH}`, LANG: "C.UTF-8" } };
}

test("bash completes with it, also behind an equals sign", () => {
  const { root, env } = installed();
  const script = `
    source <(garza completion bash)
    try() { COMP_LINE="$1"; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _garza 2>/dev/null; echo "\${COMPREPLY[*]}"; }
    try "garza run deploy/web region=" garza run deploy/web region =
    try "garza run deploy/web region=a" garza run deploy/web region = a
    try "garza run deploy/web " garza run deploy/web ""
    try "garza his" garza his`;
  const bash = Bun.spawnSync(["bash", "--norc", "-c", script], { cwd: root, env });
  expect(bash.stdout.toString()).toBe("fra ams\nams\nregion= fast= note= host=\nhistory\n");
});

test("fish completes with it, and shows what the words are", () => {
  const { root, env } = installed();
  const script = `garza completion fish | source
    complete -C 'garza his'
    complete -C 'garza run deploy/web region='
    complete -C 'garza completion '`;
  const fish = Bun.spawnSync(["fish", "--no-config", "-c", script], { cwd: root, env });
  expect(fish.stdout.toString()).toBe(
    "history\tOperations, newest first\nregion=fra\tdefault\nregion=ams\nbash\nfish\nzsh\n",
  );
});

test("zsh completes with it on a terminal, a word at once and several as a list", async () => {
  const { root, env } = installed();
  let written = "";
  const heard = new Set<() => void>();
  const decoder = new TextDecoder();
  const child = Bun.spawn(["zsh", "-f", "-i"], {
    cwd: root,
    env: { ...env, TERM: "xterm", PS1: "> " },
    terminal: {
      cols: 120,
      rows: 30,
      data: (_, bytes) => {
        written += decoder.decode(bytes, { stream: true });
        for (const hear of heard) hear();
      },
    },
  });
  const type = (keys: string, until: string) => {
    const from = written.length;
    const seen = new Promise<void>((found) => {
      const hear = () => {
        if (!Bun.stripANSI(written.slice(from)).includes(until)) return;
        heard.delete(hear);
        found();
      };
      heard.add(hear);
    });
    child.terminal?.write(keys);
    return seen;
  };
  await type(
    "autoload -U compinit && compinit -u -d $PWD/dump && source <(garza completion zsh) && echo set''up\n",
    "setup",
  );
  await type("garza his\t > /dev/null; echo \\[$?\\]\n", "[0]");
  await type("garza run deploy/web reg\t\t\t", "region=fra  -- default");
  await type("\u0015garza status --\t\t", "--root  -- The repository");
  child.terminal?.write("\u0015exit\n");
  await child.exited;
  child.terminal?.close();
});

for (const shell of ["bash", "zsh", "fish"]) {
  test(`${shell} can read its script`, async () => {
    const terminal = recordingTerminal({ cwd: "/" });
    await dispatch(["completion", shell], terminal);
    const read = Bun.spawnSync([shell, "-n"], { stdin: Buffer.from(terminal.printed()) });
    expect(read.stderr.toString()).toBe("");
    expect(read.exitCode).toBe(0);
  });
}
