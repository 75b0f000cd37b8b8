/** Machines of all kinds: their login shells, what is missing there, and routes that take no input. */
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stepToken } from "../../../src/core/ids.ts";
import { runFar } from "../../../src/engine/far/run-far.ts";
import { Unknown } from "../../../src/engine/past.ts";
import { begin, type FarPlace, greet, look, scriptPlace, stop, tidy } from "../../../src/hosts/far/far-process.ts";
import { type FarStep, farMachine, farStep } from "../../support/far-step.ts";
import { nearConnection } from "../../support/near-connection.ts";
import { shells } from "../../support/shells.ts";
import { sandbox, until } from "../../support/temporary.ts";

const isThere = (pid: number) => existsSync(`/proc/${pid}`);
const plainly = (why: string) => [
  `on far it runs without a wrapper, as ${why}: should the line be cut, nobody will know its end`,
];

describe.each(["sh", "bash", "fish", "zsh", "tcsh"])("a login shell that is %s and prints a banner", (shell) => {
  test("is not in the way", async () => {
    const program = Bun.which(shell);
    await using machine = await farMachine({
      config: [`ForceCommand echo Welcome; echo "Mind the step" >&2; exec ${program} -c "$SSH_ORIGINAL_COMMAND"`],
    });
    const step = farStep(machine, 'printf "%s|" "$V" "$(cat)"; exit 3', {
      start: { env: { V: "a!b 'c' $d" }, stdin: "x\ny" },
    });
    expect(await runFar(step)).toEqual({ exitCode: 3, signal: null, stdout: "a!b 'c' $d|x\ny|", stderr: "" });
    expect(step.warnings).toEqual([]);
  });
});

const home = sandbox();

describe.each(Object.entries(shells))("where /bin/sh is %s", (_, words) => {
  const near = nearConnection(home);
  const argv = [Bun.which(words[0]) ?? "", ...words.slice(1)].join(" ");
  const connection = {
    ...near,
    exec: ((line, options) => near.exec(line.replace("/bin/sh", argv), options)) satisfies typeof near.exec,
  };
  const token = `${stepToken()}-0`;

  test("a process is begun, followed, stopped and forgotten", async () => {
    const place = await greet(connection);
    expect(place).toMatchObject({ detach: "setsid", room: true });
    const script = "trap '' TERM; echo there; while :; do sleep 1; done";
    const begun = await begin(connection, token, place, { argv: ["sh", scriptPlace], script, env: {} });
    expect(begun).toMatchObject({ state: "running" });
    // It may have been looked at before it had printed anything.
    let out = typeof begun === "string" ? "" : begun.out.toString();
    for (let looks = 0; out === "" && looks < 10; looks++)
      out = (await look(connection, token, { out: 0, err: 0 })).out.toString();
    expect(out).toBe("there\n");
    expect(await stop(connection, token, { graceMs: 100 })).toEqual([]);
    const seen = await look(connection, token, { out: 2, err: 0 });
    expect(seen).toMatchObject({ state: "gone", out: Buffer.from("ere\n") });
    await tidy(connection, token, { sweep: false });
    expect(existsSync(join(home, ".cache/garza/run", token))).toBe(false);
  });
});

describe("without setsid", () => {
  test.each(["perl", "bash"])("%s gives it a group of its own", async (detach) => {
    const connection = nearConnection(home);
    const place: FarPlace = { ...(await greet(connection)), detach };
    const name = `${stepToken()}-0`;
    const begun = await begin(connection, name, place, { argv: ["sh", scriptPlace], script: "sleep 1000", env: {} });
    const pid = typeof begun === "string" ? 0 : Number(begun.pid);
    expect(
      Bun.spawnSync(["ps", "-o", "pgid=", "-p", String(pid)])
        .stdout.toString()
        .trim(),
    ).toBe(String(pid));
    expect(await stop(connection, name, { graceMs: 1_000 })).toEqual([]);
    await until(() => !isThere(pid));
  });

  test("and without these it runs plain, and says so", async () => {
    await using machine = await farMachine({ env: { PATH: only("dd", "cat", "mkdir", "id", "sleep", "sh", "ls") } });
    const step = farStep(machine, 'printf "%s|" "$V" "$(cat)"; echo bad >&2; exit 255', {
      start: { env: { V: "it's" }, stdin: "in\n" },
    });
    expect(await runFar(step)).toEqual({ exitCode: 255, signal: null, stdout: "it's|in|", stderr: "bad\n" });
    expect(step.warnings).toEqual(plainly("nothing there gives it a session of its own"));
  });
});

/** A PATH with these programs alone. */
function only(...programs: string[]): string {
  const bin = join(sandbox(), "bin");
  mkdirSync(bin);
  for (const program of programs) symlinkSync(Bun.which(program) ?? "", join(bin, program));
  return bin;
}

describe("without a place for its run folder", () => {
  const nowhere = () => farMachine({ env: { HOME: "/proc" } });
  const why = plainly("there is no place for its run folder");

  test("it runs plain, a script for another interpreter, too", async () => {
    await using machine = await nowhere();
    const step = farStep(machine, "print qq{<@ARGV>\\n}", {
      start: { argv: ["perl", scriptPlace, "a b"], isFile: true, directory: "/" },
    });
    expect(await runFar(step)).toMatchObject({ exitCode: 0, stdout: "<a b>\n" });
    expect(step.warnings).toEqual(why);
  });

  test("a stop still ends all of it", async () => {
    await using machine = await nowhere();
    const abort = new AbortController();
    const step = farStep(machine, "trap '' TERM; echo there; sleep 1000 & wait; sleep 1000", {
      signal: abort.signal,
      graceMs: 200,
    });
    const ended = runFar(step).catch((thrown: unknown) => thrown);
    await until(() => step.printed() === "there\n");
    const reason = new Error("stopped");
    abort.abort(reason);
    expect(await ended).toBe(reason);
    await until(() => machine.marked(`GARZA_RUN=${basename(step.folder)}`).length === 0);
  });

  test("a line that is cut leaves nobody who knows, now or later", async () => {
    await using machine = await nowhere();
    const gate = join(machine.there, "gate");
    const step = farStep(machine, `echo there; until [ -e '${gate}' ]; do sleep 0.05; done`);
    const ended = caught(step);
    await until(() => step.printed() === "there\n");
    machine.proxy.cut();
    expect(await ended).toBeInstanceOf(Unknown);
    expect(await caught({ ...step, connections: machine.another() })).toBeInstanceOf(Unknown);
    writeFileSync(gate, "");
    await until(() => machine.marked(`GARZA_RUN=${basename(step.folder)}`).length === 0);
  });
});

const caught = (step: FarStep) => runFar(step).catch((thrown: unknown) => thrown);

/** As root, and where the kernel lets it. */
function mount(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  return Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=16k", "garza-test", folder]).exitCode === 0;
}
const canMount = (() => {
  const folder = join(home, "probe");
  const isMounted = mount(folder);
  if (isMounted) Bun.spawnSync(["umount", folder]);
  return isMounted;
})();

test.skipIf(!canMount)("on a full disk it runs plain, and nothing is left of what did not fit", async () => {
  await using machine = await farMachine();
  const base = join(machine.there, ".cache/garza/run");
  mount(base);
  try {
    const step = farStep(machine, `${"# long\n".repeat(4_000)}echo ran`);
    expect(await runFar(step)).toMatchObject({ exitCode: 0, stdout: "ran\n" });
    expect(step.warnings).toEqual(plainly("there is no room for its run folder"));
    expect(readdirSync(join(base, basename(step.folder)))).not.toContain("payload");
  } finally {
    Bun.spawnSync(["umount", base]);
  }
});

test.skipIf(!canMount)("on a full disk here its output waits there, and nothing of it is lost", async () => {
  await using machine = await farMachine();
  const folder = join(machine.there, "small");
  mount(folder);
  try {
    const out = join(folder, "out");
    const step = farStep(machine, "i=0; while [ $i -lt 9000 ]; do echo line $i; i=$((i+1)); done", { out });
    const ended = runFar(step);
    await until(() => step.warnings.length > 0);
    expect(step.warnings).toEqual(["there is no room for its output here: it waits on far until there is"]);
    Bun.spawnSync(["mount", "-o", "remount,size=1m", folder]);
    expect((await ended).stdout).toBe(Array.from({ length: 9000 }, (_, i) => `line ${i}\n`).join(""));
  } finally {
    Bun.spawnSync(["umount", folder]);
  }
});

describe("by a route that takes no input", () => {
  const withScript = async (body: string) => {
    const machine = await farMachine();
    const hosts = machine.another();
    mkdirSync(join(hosts.root, "infra"), { recursive: true });
    writeFileSync(join(hosts.root, "infra/reach.sh"), `#!/bin/sh\n${body}\n`);
    chmodSync(join(hosts.root, "infra/reach.sh"), 0o755);
    writeFileSync(
      join(hosts.root, "infra/hosts.yml"),
      "hosts: { far: { local: false, fallbacks: [{ method: script, script: infra/reach.sh }] } }\n",
    );
    return { machine, hosts, [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose]() };
  };

  test("it runs plain, and says so", async () => {
    await using _ = await withScript('exec sh -c "$GARZA_COMMAND"');
    const step = farStep(_.machine, 'printf "%s|" "$V" "$(cat)"; pwd; exit 4', {
      connections: _.hosts,
      start: { env: { V: "it's" }, stdin: "in", directory: "/" },
    });
    expect(await runFar(step)).toMatchObject({ exitCode: 4, stdout: "it's|in|/\n" });
    expect(step.warnings).toEqual(plainly("this route takes no input"));
  });

  test("a stop leaves nobody who knows", async () => {
    await using _ = await withScript('exec sh -c "$GARZA_COMMAND"');
    const began = join(_.machine.there, "began");
    const abort = new AbortController();
    const step = farStep(_.machine, `: >'${began}'; until [ ! -e '${began}' ]; do sleep 0.05; done`, {
      connections: _.hosts,
      signal: abort.signal,
    });
    const ended = caught(step);
    await until(() => existsSync(began));
    abort.abort(new Error("stopped"));
    expect(await ended).toBeInstanceOf(Unknown);
  });
});

type Four = [string, string, string, string];

test("folders that nobody has asked for in a week are swept, but not those of what still runs", async () => {
  const connection = nearConnection(home);
  const place = await greet(connection);
  const base = join(home, ".cache/garza/run");
  const [running, old, young, done] = ["a", "b", "c", "d"].map(
    (letter) => `${letter}${stepToken().slice(1)}-0`,
  ) as Four;
  await begin(connection, running, place, { argv: ["sh", scriptPlace], script: "sleep 1000", env: {} });
  for (const name of [old, young, done]) mkdirSync(join(base, name), { recursive: true });
  for (const name of [running, old]) Bun.spawnSync(["touch", "-d", "8 days ago", join(base, name)]);
  await tidy(connection, done, { sweep: true });
  const left = readdirSync(base);
  expect([running, old, young, done].filter((name) => left.includes(name))).toEqual([running, young]);
  await stop(connection, running, { graceMs: 1_000 });
});
