import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stepToken } from "../../../src/core/ids.ts";
import { runFar } from "../../../src/engine/far/run-far.ts";
import { begin, greet, look, scriptPlace, tidy } from "../../../src/hosts/far/far-process.ts";
import { type FarMachine, farMachine, farStep } from "../../support/far-step.ts";
import { until } from "../../support/temporary.ts";

let machine: FarMachine;
beforeAll(async () => {
  machine = await farMachine();
});
afterAll(() => machine[Symbol.asyncDispose]());

const run = (text: string, more?: Parameters<typeof farStep>[2]) => runFar(farStep(machine, text, more));

describe("a command on another machine", () => {
  test("has its output, its input, its variables and its true exit code", async () => {
    const step = farStep(machine, 'printf "%s|%s|" "$V" "$GARZA_RUN"; cat; echo bad >&2; exit 255', {
      start: { stdin: "no 'newline\\\0é", env: { V: "it's $HOME" } },
    });
    expect(await runFar(step)).toEqual({
      exitCode: 255,
      signal: null,
      stdout: `it's $HOME|${basename(step.folder)}|no 'newline\\\0é`,
      stderr: "bad\n",
    });
    expect(step.warnings).toEqual([]);
  });

  test("that a signal ends has 128 and its number", async () => {
    expect(await run("kill -KILL $$")).toMatchObject({ exitCode: 137, stdout: "", stderr: "" });
  });

  test("runs in its directory there: absolute, of the home, or relative to it; the home without one", async () => {
    mkdirSync(join(machine.there, "a b"), { recursive: true });
    const at = async (directory?: string) =>
      (await run("pwd", { start: directory === undefined ? {} : { directory } })).stdout.trim();
    expect(await at()).toBe(machine.there);
    expect(await at("/")).toBe("/");
    expect([await at("a b"), await at("~/a b")]).toEqual([join(machine.there, "a b"), join(machine.there, "a b")]);
    await expect(at("no/such")).rejects.toThrow("directory no/such: on far there is no such folder");
  });

  test("sees none of what brought it there, and nothing of it is an argument of any program", async () => {
    const seen = await run('set | grep "^g_"; tr "\\0" " " </proc/$$/cmdline; tr "\\0" " " </proc/$PPID/cmdline', {
      start: { env: { SECRET: "hush-hush" }, stdin: "hush-too" },
    });
    expect(seen.stdout).not.toContain("g_");
    expect(seen.stdout).not.toContain("hush");
    expect(seen.stdout).toContain(scriptPlace);
  });

  test("leaves a folder that nobody else may enter, without the script, and it goes when it is not needed", async () => {
    const step = farStep(
      machine,
      'ls "$HOME/.cache/garza/run/$GARZA_RUN"; stat -c %a "$HOME/.cache/garza/run/$GARZA_RUN"',
    );
    const { stdout } = await runFar(step);
    const name = basename(step.folder);
    expect(stdout.split("\n")).not.toContain("script");
    expect(stdout).toContain("700\n");
    await machine.hosts.use("far", { signal: step.signal }, (far) => tidy(far, name, { sweep: false }));
    expect(machine.runs()).not.toContain(name);
  });

  test("may have an interpreter of its own, with raw arguments, and finds its script under a name", async () => {
    const script = 'use strict; print "<$_>" for @ARGV; print " ", $0 =~ m{/program$} ? "named" : $0, "\\n";\n';
    const argv = ["/usr/bin/env", "perl", "-w", scriptPlace, "a b", "$(id)", "-x"] as const;
    const { stdout } = await run(script, { start: { argv: [...argv], isFile: true } });
    expect(stdout).toBe("<a b><$(id)><-x> named\n");
  });

  test("whose program is not there ends with 127 and says so", async () => {
    const { exitCode, stderr } = await run("true", { start: { argv: ["no-such-shell", scriptPlace] } });
    expect([exitCode, stderr]).toEqual([127, expect.stringContaining("no-such-shell")]);
  });

  test("that prints a lot has each byte of it once", async () => {
    const step = farStep(machine, "i=0; while [ $i -lt 60000 ]; do echo line $i of many, many lines; i=$((i+1)); done");
    await runFar(step);
    const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} of many, many lines\n`).join("");
    const hash = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");
    expect(hash(readFileSync(step.out))).toBe(hash(lines));
  });

  test("that prints 100 MB is kept within bounds here, its first and its last words are there", async () => {
    const step = farStep(machine, "echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last");
    const { stdout } = await runFar(step);
    const { size, blocks } = statSync(step.out);
    expect(size).toBe("first\n".length + 100_000_000 + "\nlast\n".length);
    expect(blocks * 512).toBeLessThanOrEqual(64 * 2 ** 20 + 4096);
    expect(stdout).toMatch(/^first\nx+\n\[… \d+ bytes are missing here …\]\nx+\nlast\n$/);
  });

  test("that prints without end takes little of the disk on either side", async () => {
    const gate = join(machine.there, "gate-of-flood");
    const step = farStep(
      machine,
      `echo first; for each in 1 2 3 4; do head -c 50000000 /dev/zero | tr '\\0' $each; until [ -e '${gate}'$each ]; do sleep 0.02; done; done; echo; echo last`,
    );
    const ended = runFar(step);
    await until(() => step.printed().startsWith("first\n"));
    const there = () => statSync(join(machine.there, ".cache/garza/run", basename(step.folder), "out"));
    for (const each of [1, 2, 3]) {
      await until(() => statSync(step.out).size >= each * 50_000_000 && there().blocks * 512 < 40_000_000);
      writeFileSync(`${gate}${each}`, "");
    }
    writeFileSync(`${gate}4`, "");
    const { stdout } = await ended;
    expect(statSync(step.out).size).toBe("first\n".length + 200_000_000 + "\nlast\n".length);
    expect(stdout).toMatch(/^first\n1+\n\[… \d+ bytes are missing here …\]\n4+\nlast\n$/);
  });

  test("that prints more at once than is worth to be waited for is followed from its last part on", async () => {
    const step = farStep(machine, "echo first; head -c 400000000 /dev/zero | tr '\\0' x; echo; echo last");
    const { stdout } = await runFar(step);
    const { size, blocks } = statSync(step.out);
    expect(size).toBe("first\n".length + 400_000_000 + "\nlast\n".length);
    expect(blocks * 512).toBeLessThanOrEqual(64 * 2 ** 20 + 4096);
    expect(stdout).toMatch(/^first\nx+\n\[… \d+ bytes are missing here …\]\nx+\nlast\n$/);
  });

  test("is followed while it runs, and what it leaves running is told", async () => {
    const gate = join(machine.there, "gate");
    const step = farStep(
      machine,
      `echo first; until [ -e '${gate}' ]; do sleep 0.05; done; echo last; sleep 60 >/dev/null 2>&1 &`,
    );
    const ended = runFar(step);
    await until(() => step.printed() === "first\n");
    writeFileSync(gate, "");
    expect((await ended).stdout).toBe("first\nlast\n");
    expect(step.warnings).toEqual([expect.stringMatching(/^it left processes running on far: \d+$/)]);
    process.kill(Number(step.warnings[0]?.split(" ").at(-1)));
  });
});

describe("a stop", () => {
  test("ends all of the group, also what ignores TERM, and tells what got away", async () => {
    const stop = new AbortController();
    const step = farStep(
      machine,
      "trap '' TERM; setsid sleep 1000 >/dev/null 2>&1 & sleep 1000 & echo there; while :; do sleep 1; done",
      { signal: stop.signal, graceMs: 300 },
    );
    const ended = runFar(step).catch((thrown: unknown) => thrown);
    await until(() => step.printed() === "there\n");
    const reason = new Error("stopped");
    stop.abort(reason);
    expect(await ended).toBe(reason);
    expect(step.warnings).toEqual([expect.stringMatching(/^these processes got away from being stopped on far: \d+$/)]);
    const [escaped] = machine.marked(`GARZA_RUN=${basename(step.folder)}`);
    expect(step.warnings[0]).toEndWith(`: ${escaped}`);
    process.kill(Number(escaped), "SIGKILL");
    await until(() => machine.marked(`GARZA_RUN=${basename(step.folder)}`).length === 0);
  });

  test("comes by the command's own time limit, too", async () => {
    const step = farStep(machine, "echo there; sleep 1000", { timeoutMs: 500 });
    await expect(runFar(step)).rejects.toThrow("its command took longer than 0.5 s");
    await until(() => machine.marked(`GARZA_RUN=${basename(step.folder)}`).length === 0);
  });

  test("before anything was sent sends nothing", async () => {
    const step = farStep(machine, "touch ran", { signal: AbortSignal.abort(new Error("early")) });
    await expect(runFar(step)).rejects.toThrow("early");
    expect([existsSync(join(machine.there, "ran")), machine.runs().includes(basename(step.folder))]).toEqual([
      false,
      false,
    ]);
  });

  test("reaches what runs as somebody else by sudo", async () => {
    const bin = join(machine.there, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(
      join(bin, "sudo"),
      `#!/bin/sh\necho "$*" >>'${bin}/calls'\n[ "$2" != -u ] || shift 2\n[ "$2" != -- ] || shift\nshift\nexec "$@"\n`,
    );
    chmodSync(join(bin, "sudo"), 0o755);
    const { stdout } = await run("", {
      start: { argv: [join(bin, "sudo"), "-n", "-u", "db", "--", "sh", "-s"], stdin: "echo by $0" },
    });
    expect(stdout).toBe("by sh\n");
    expect(readFileSync(join(bin, "calls"), "utf8")).toBe("-n -u db -- sh -s\n");
  });
});

test("`until` ends it though nobody is there any more", async () => {
  const { name, place, end } = await machine.hosts.use("far", { signal: new AbortController().signal }, async (far) => {
    const name = `${stepToken()}-0`;
    const place = await greet(far);
    const start = { argv: ["sh", scriptPlace] as [string, string], script: "sleep 1000", env: {}, untilSeconds: 1 };
    let seen = await begin(far, name, place, start);
    while (typeof seen !== "string" && seen.state === "running") seen = await look(far, name, { out: 0, err: 0 });
    return { name, place, end: seen };
  });
  expect(place.detach).toBe("setsid");
  expect(end).toMatchObject({ lapsed: true });
  await until(() => machine.marked(`GARZA_RUN=${name}`).length === 0);
});
