import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { asUser } from "../../src/steps/as-user.ts";
import { command } from "../../src/steps/command.ts";
import { script } from "../../src/steps/script.ts";
import { sshCommand } from "../../src/steps/ssh-command.ts";
import type { FarRequest, StepType } from "../../src/steps/step.ts";
import { configured, runStep, type Surroundings, stepContext } from "../support/step-context.ts";
import { sandbox } from "../support/temporary.ts";
import { wrappedSpawn } from "../support/wrapped-spawn.ts";

const root = sandbox();
const env = { PATH: process.env.PATH ?? "", HOME: "/h" };

const contextOf = (given: Surroundings = {}) =>
  stepContext({ root, env, spawn: wrappedSpawn(join(root, "runs"), env), ...given });
const run = (type: StepType, keys: Parameters<typeof runStep>[1], given?: Surroundings) =>
  runStep(type, keys, contextOf(given));

/** What a step asks another machine to run. */
async function heard(type: StepType, keys: Parameters<typeof runStep>[1]) {
  const asked: unknown[] = [];
  const spawn: Surroundings["spawn"] = async (request) => {
    asked.push(request);
    return { exitCode: 0, signal: null, stdout: "", stderr: "" };
  };
  await run(type, keys, { spawn });
  return asked;
}
const requestOf = ([request]: unknown[]) => request as FarRequest;

describe("command", () => {
  test("has its trimmed standard output as its value, and the rest in its record", async () => {
    expect(await run(command, { command: "echo; echo ' out '; echo err >&2" })).toEqual({
      kind: "done",
      value: "out",
      record: { exit_code: 0, stdout: "\n out \n", stderr: "err\n" },
      sets: {},
    });
  });

  test("gets every value as the one word that its author wrote", async () => {
    const hostile = "a b'\"$(touch x)`id`\\;&|*\n-";
    const text = 'printf "<%s>" ${x} "q ${x}" \'s ${x}\'';
    const { value } = (await run(command, { command: text }, { names: { x: hostile } })) as { value: string };
    expect(value).toBe(`<${hostile}><q ${hostile}><s ${hostile}>`);
  });

  test("runs in its directory with its own variables and standard input, which are raw values", async () => {
    mkdirSync(join(root, "sub"));
    const keys = {
      command: 'pwd; printf "%s|%s" "$V" "$(cat)"',
      directory: "sub",
      env: { V: "${x}" },
      stdin: "in ${x}",
    };
    const outcome = await run(command, keys, { names: { x: "$HOME 'x'" } });
    expect(outcome).toMatchObject({ value: `${join(root, "sub")}\n$HOME 'x'|in $HOME 'x'` });
  });

  test("fails with its exit code and what it said last", async () => {
    const text = "for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 3";
    expect(await run(command, { command: text })).toMatchObject({
      kind: "failed",
      message: "exit code 3\nline 3\nline 4\nline 5\nline 6\nline 7",
      record: { exit_code: 3, stdout: "" },
    });
    expect(await run(command, { command: "kill -KILL $$" })).toMatchObject({ message: "exit code 137 (SIGKILL)" });
    expect(await run(command, { command: "echo only this; exit 1" })).toMatchObject({
      message: "exit code 1\nonly this",
    });
  });

  test("runs several each in a shell of its own, up to the first that fails", async () => {
    expect(await run(command, { commands: ["x=1; cd /; echo a", 'echo "b$x"', "pwd"] })).toMatchObject({
      kind: "done",
      value: `a\nb\n${root}`,
    });
    expect(await run(command, { commands: ["echo a", "exit 4", "echo never"] })).toMatchObject({
      kind: "failed",
      message: "command 2 of 3: exit code 4",
      record: { exit_code: 4, stdout: "a\n", stderr: "" },
    });
  });

  test("runs nothing when a later command has a value that is refused", async () => {
    const keys = { commands: ["touch ran", "rm ${x}"] };
    await expect(run(command, keys, { names: { x: "-rf" } })).rejects.toThrow("E_LEADING_DASH");
    expect(await Bun.file(join(root, "ran")).exists()).toBe(false);
  });

  test.each([
    ["exit 3", { expected_exit: 3 }, "done"],
    ["exit 0", { expected_exit: 3 }, "failed"],
    ["echo ' yes '", { expected_output: "yes" }, "done"],
    ["echo yes or no", { expected_output: "yes" }, "failed"],
    ["echo yes or no", { expected_output: "/^YES/i" }, "done"],
    ["echo yes", { expected_output: "/no/" }, "failed"],
    ["echo 200", { expected_output: 200 }, "done"],
  ])("%s with %j is %s", async (text, expectation, kind) => {
    expect((await run(command, { command: text, ...expectation })).kind).toBe(kind as "done");
  });

  test("is a probe only where it states an expectation", () => {
    expect(command.asks?.({ command: "true" })).toBe(false);
    expect(command.asks?.({ command: "true", expected_output: "x" })).toBe(true);
    expect(command.asks?.({ command: "true", expected_exit: 0 })).toBe(true);
  });

  test("runs in bash where it says so", async () => {
    expect(
      await run(command, { command: "a=(1 2 3); echo ${#a[@]}".replace("${", () => "$${"), shell: "bash" }),
    ).toMatchObject({
      value: "3",
    });
  });

  test("names a directory that is not there, and refuses one that a link leads out of the root", async () => {
    await expect(run(command, { command: "true", directory: "nowhere" })).rejects.toThrow("there is no such folder");
    await expect(run(command, { command: "true", directory: "../.." })).rejects.toThrow("is refused");
  });

  test("needs exactly one of command and commands", () => {
    expect(command.faults?.({ command: "a", commands: ["b"] })).toHaveLength(1);
    expect(command.faults?.({})).toHaveLength(1);
    expect(command.faults?.({ commands: ["b"] })).toEqual([]);
  });

  test("shows in a plan what the shell would get", () => {
    const context = contextOf({ names: { x: "a b" } });
    const keys = { command: "ls ${x}", directory: "sub", env: { V: "1" } };
    expect(command.plan(configured(command, keys, context), { ...context, decide: () => null })).toEqual([
      { label: "directory", text: "sub" },
      { label: "env", text: "V=1" },
      { label: "command", text: "$ ls 'a b'" },
    ]);
  });
});

describe("ssh_command", () => {
  test("runs here without a host, and on a host that is this machine", async () => {
    expect(await run(sshCommand, { command: "hostname" })).toMatchObject({ value: hostname() });
    expect(await run(sshCommand, { command: "echo ok", host: "here" })).toMatchObject({ value: "ok" });
  });

  test("asks for another machine with all that is to hold there, as it is written", async () => {
    const keys = {
      command: "ls",
      host: "far",
      user: "deploy",
      become: true,
      directory: "app",
      env: { V: "1" },
      stdin: "in",
    };
    const asked = { ...requestOf(await heard(sshCommand, keys)) };
    expect(asked).toEqual({
      host: "far",
      user: "deploy",
      become: "root",
      directory: "app",
      env: { V: "1" },
      stdin: "in",
      run: { script: expect.objectContaining({ text: "ls" }), shell: "sh" },
    });
    expect(requestOf(await heard(sshCommand, { command: "ls", host: "far", become: "db", shell: "bash" }))).toEqual({
      host: "far",
      become: "db",
      run: { script: expect.anything(), shell: "bash" },
    });
    await expect(run(sshCommand, { command: "true", host: "typo" })).rejects.toThrow("typo is not in infra/hosts.yml");
  });

  test("is skipped on another platform", async () => {
    const keys = { command: "echo ok", platform_specific: "fly.io" };
    expect(await run(sshCommand, keys, { names: { platform: "docker" } })).toMatchObject({ kind: "skipped" });
    expect(await run(sshCommand, keys)).toMatchObject({ kind: "skipped" });
    expect(await run(sshCommand, keys, { names: { platform: "fly.io" } })).toMatchObject({ value: "ok" });
  });

  test("becomes another user by a sudo that asks nothing, with script, variables and input on its standard input", async () => {
    const request = {
      run: { script: { text: 'printf "%s|%s" "$V" "$(cat)"', shown: "" }, shell: "sh" },
      directory: root,
    };
    const { run, stdin, env: left } = asUser("somebody-else", { ...request, env: { V: "it's" }, stdin: "a 'b'\n\n" });
    expect(run).toEqual({ program: "sudo", args: ["-n", "-u", "somebody-else", "--", "sh", "-s"] });
    expect(left).toBeUndefined();
    const shell = Bun.spawn(["sh", "-s"], { stdin: Buffer.from(stdin ?? ""), stdout: "pipe" });
    expect(await shell.stdout.text()).toBe("it's|a 'b'");
    expect(asUser(userInfo().username, request)).toBe(request);
  });
});

describe("script", () => {
  test("runs by its #! line, whatever its permissions, with raw arguments, in the root", async () => {
    writeFileSync(
      join(root, "show.sh"),
      '#!/usr/bin/env -S bash -u\nprintf "<%s>" "$@"; printf " %s %s" "${BASH_VERSION:+bash}" "$PWD"\n',
    );
    const outcome = await run(script, { script: "show.sh", args: ["a b", "${x}", 3] }, { names: { x: "$(id) -x" } });
    expect(outcome).toMatchObject({
      kind: "done",
      value: "success",
      record: { stdout: `<a b><$(id) -x><3> bash ${root}` },
    });
  });

  test("runs by sh without such a line, and says failed when it fails", async () => {
    writeFileSync(join(root, "plain"), "echo why >&2; exit 2\n");
    expect(await run(script, { script: "plain" })).toEqual({
      kind: "failed",
      message: "exit code 2\nwhy",
      value: "failed",
      record: { exit_code: 2, stdout: "", stderr: "why\n" },
      sets: {},
    });
  });

  test("names an interpreter and a file that are not there, and stays in the repository", async () => {
    writeFileSync(join(root, "odd"), "#!/no/such/thing\n");
    await expect(run(script, { script: "odd" })).rejects.toThrow("/no/such/thing is not on PATH");
    await expect(run(script, { script: "missing.sh" })).rejects.toThrow("there is no such file");
    await expect(run(script, { script: "../x.sh" })).rejects.toThrow("is refused");
    await expect(run(script, { script: "plain", host: "typo" })).rejects.toThrow("typo is not in infra/hosts.yml");
  });

  test("is sent to another machine as its text, with its interpreter and raw arguments", async () => {
    const text = "#!/usr/bin/env -S perl -w\nprint @ARGV;\n";
    writeFileSync(join(root, "far.pl"), text);
    expect(requestOf(await heard(script, { script: "far.pl", args: ["a b", 3], host: "far" }))).toEqual({
      host: "far",
      run: { text, interpreter: ["/usr/bin/env", "-S perl -w"], args: ["a b", "3"] },
    });
  });
});
