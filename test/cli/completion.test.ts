import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { dispatch } from "../../src/cli/dispatch.ts";
import { sandbox } from "../support/temporary.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const base = sandbox();
const template = `operation: { name: web, type: deploy, description: d }
parameters:
  region: { type: string, enum: [fra, ams], default: fra }
  fast: false
  note: none
steps: [{ type: command, name: say, command: 'echo \${region} \${fast} \${note}' }]
`;

function repository() {
  const root = mkdtempSync(join(base, "box-"));
  mkdirSync(join(root, "operations/deploy"), { recursive: true });
  writeFileSync(join(root, "operations/deploy/web.yml"), template);
  return { root, env: { HOME: root, PATH: process.env.PATH ?? "", GARZA_HOME: join(root, "data") } };
}

async function completed(...words: string[]): Promise<string[]> {
  const { root, env } = repository();
  const terminal = recordingTerminal({ cwd: root, env });
  expect(await dispatch(["completion", "words", "--", ...words], terminal)).toBe(0);
  return terminal.printed().split("\n").slice(0, -1);
}

test("commands, second words, flags, templates, parameters and their values are offered", async () => {
  expect(await completed("st")).toEqual(["status"]);
  expect(await completed("template", "s")).toEqual(["schema", "show"]);
  expect(await completed("history", "--l")).toEqual(["--limit"]);
  expect(await completed("run", "deploy/w")).toEqual(["deploy/web", "deploy/worker"]);
  expect(await completed("run", "deploy/web", "")).toEqual([
    "fast=false",
    "fast=true",
    "note=",
    "region=ams",
    "region=fra",
  ]);
  expect(await completed("run", "--priority", "3", "deploy/web", "region=fra", "")).toEqual([
    "fast=false",
    "fast=true",
    "note=",
  ]);
  expect(await completed("completion", "")).toEqual(["bash", "fish", "zsh"]);
});

test("where nothing is known nothing is offered, and nothing is told", async () => {
  expect(await completed("run", "no/such", "x")).toEqual([]);
  expect(await completed("status", "")).toEqual([]);
  expect(await completed("run", "--key", "")).toEqual([]);
  expect(await completed("nonsense", "more", "")).toEqual([]);
});

test("bash completes with it, also behind an equals sign", () => {
  const { root, env } = repository();
  const garza = join(root, "garza");
  writeFileSync(
    garza,
    `#!/bin/sh\nexec '${process.execPath}' '${resolve(import.meta.dir, "../../src/main.ts")}' "$@"\n`,
  );
  chmodSync(garza, 0o755);
  const script = `
    source <(garza completion bash)
    try() { COMP_LINE="$1"; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _garza 2>/dev/null; echo "\${COMPREPLY[*]}"; }
    try "garza run deploy/web region=" garza run deploy/web region =
    try "garza run deploy/web region=a" garza run deploy/web region = a
    try "garza his" garza his`;
  const bash = Bun.spawnSync(["bash", "--norc", "-c", script], {
    cwd: root,
    env: { ...env, PATH: `${root}:${env.PATH}` },
  });
  expect(bash.stdout.toString()).toBe("ams fra\nams\nhistory\n");
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
