/** A newer program in the place of the one that runs, in a real systemd, with an operation in the middle of a step. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../../build.ts";
import { canMount } from "../../faults/rig.ts";
import { compileNewer, newerCommit } from "../../support/newer-program.ts";
import { canBoot, privateSystemd } from "../../support/private-systemd.ts";
import { compiledProgram, type Sandbox, sandbox } from "../../support/sandbox.ts";
import { repository } from "../../support/sources.ts";

const programs = mkdtempSync(join(tmpdir(), "garza-programs-"));
const [newer, ill, older] = ["newer", "ill", "older"].map((name) => join(programs, name)) as [string, string, string];
afterAll(() => rmSync(programs, { recursive: true }));

/** Says that it is a garza, and can do nothing else. */
const pretender = (version: string) => `
const says = { version: { garza: "${version}", commit: "x" }, check: { schema: 99, needs_schema: 1, operations: 1 } };
const [first, second] = process.argv.slice(2);
const said = first === "version" ? says.version : second === "check" ? says.check : undefined;
if (!said) process.exit(1);
console.log(JSON.stringify(said));
`;

beforeAll(async () => {
  await compileNewer(newer);
  for (const [file, version] of [
    [ill, "99.0.0"],
    [older, "0.0.1"],
  ] as const) {
    writeFileSync(`${file}.ts`, pretender(version));
    await compile({ entry: `${file}.ts`, outfile: file });
  }
}, 60_000);

const slow = `operation: { name: slow, type: maintain, description: Waits }
steps:
  - { type: command, name: wait, command: "echo begun >> begun; until test -e go; do sleep 0.05; done; echo went" }
  - { type: command, name: after, command: "echo after >> begun" }
`;

async function home(box: Sandbox): Promise<void> {
  await box.run("sh", "-ec", 'cp -r ../root "$HOME/demo"; mkdir "$HOME/bin"');
  for (const [from, name] of [
    [compiledProgram(), "bin/garza"],
    [newer, "newer"],
    [ill, "ill"],
  ] as const)
    copyFileSync(from, join(box.env.HOME ?? "", name));
  await box.run("sh", "-c", 'chown -R 1000:1000 "$HOME"');
}

const said = ({ stderr }: { stderr: string }) => stderr.replaceAll(/demo-[0-9a-f]{8}/g, "demo-HASH").split("\n");

test.skipIf(!canBoot)(
  "the agent is replaced under a running step, which the new one takes up; and back again",
  async () => {
    await using box = await sandbox({
      files: { "operations/slow.yml": slow, "garza.yml": "agent: { drain_timeout: 1s }\n" },
    });
    await home(box);
    await using world = await privateSystemd(box);
    const garza = (...words: string[]) => world.asAda("/home/ada/bin/garza", ...words);
    const commit = async () => JSON.parse((await garza("version", "--json")).stdout).commit;
    const before = await commit();
    expect((await garza("agent", "install")).exitCode).toBe(0);
    const id = (await garza("run", "slow", "--detach")).stdout.trim();
    await world.asAda("sh", "-c", "until test -e begun; do sleep 0.05; done");

    const upgraded = await garza("agent", "upgrade", "/home/ada/newer", "--watch", "2s");
    expect(upgraded.exitCode).toBe(0);
    const lines = said(upgraded);
    expect(lines[0]).toMatch(/^\/home\/ada\/newer is garza \S+ \(feedfacefeed\); here is \S+ \([0-9a-f]{12}\)$/);
    expect(lines[1]).toBe("it was tried on a copy of the database: 1 operations, all there");
    expect(lines[2]).toMatch(/^the database was backed up: \/home\/ada\/.*\/backups\/garza-\d{8}T\d{9}Z\.db$/);
    expect(lines[3]).toBe("the agent drains; what still runs then goes on under its wrapper");
    expect(lines[4]).toMatch(
      /^\/home\/ada\/bin\/garza is garza \S+ now; the one before is \/home\/ada\/bin\/garza\.previous$/,
    );
    expect(lines[5]).toMatch(/^the new agent runs and answers \(process \d+, garza \S+\)$/);
    expect(await commit()).toBe(newerCommit);
    await world.asAda("touch", "go");
    expect((await garza("logs", id, "-f")).stdout).toContain("went");
    await world.asAda("sh", "-c", "until grep -q after begun; do sleep 0.05; done");
    expect((await world.asAda("cat", "begun")).stdout).toBe("begun\nafter\n");
    expect((await world.asAda("sh", "-c", "ls -A ~/bin; ls -A ~/.local/state/garza/*/ | grep -c upgrade")).stdout).toBe("garza\ngarza.previous\n0\n"); // biome-ignore format: one expectation

    const back = await garza("agent", "upgrade", "--back", "--watch", "1s");
    expect([back.exitCode, said(back)[0]]).toEqual([0, expect.stringMatching(/ again; the newer one is \/home\/ada\/bin\/garza\.previous now$/)]); // biome-ignore format: one row
    expect(await commit()).toBe(before);
  },
  60_000,
);

test.skipIf(!canBoot)(
  "a new agent that is not well is told of, with the way back; by root, nothing becomes root's",
  async () => {
    await using box = await sandbox();
    await home(box);
    await using world = await privateSystemd(box);
    const root = (...words: string[]) => world.asRoot("/home/ada/bin/garza", "--root", "/home/ada/demo", ...words);
    expect((await root("agent", "install")).exitCode).toBe(0);
    await root("run", "demo/hello");
    expect(await world.asAda("/home/ada/bin/garza", "agent", "upgrade", "/home/ada/ill")).toMatchObject({
      exitCode: 77,
      stderr: expect.stringContaining("Let root do it: sudo garza agent upgrade"),
    });

    const upgraded = await root("agent", "upgrade", "/home/ada/ill", "--watch", "2s");
    expect(upgraded.exitCode).toBe(1);
    expect(upgraded.stderr).toContain("the new agent is not well: ");
    expect(upgraded.stderr).toContain(
      "Back to the one before; nothing is lost by that: /home/ada/bin/garza.previous agent upgrade --back\n",
    );
    const back = await world.asRoot("/home/ada/bin/garza.previous", "--root", "/home/ada/demo", "agent", "upgrade", "--back", "--watch", "1s"); // biome-ignore format: one call
    expect(back.stderr).toMatch(/the agent runs and answers \(process \d+\)\n$/);
    expect(back.exitCode).toBe(0);
    expect((await root("history")).stdout).toContain("demo/hello");
    expect((await world.asRoot("sh", "-c", "find /home/ada /var/lib/garza/demo -user root")).stdout).toBe("");
  },
  60_000,
);

test("what is cut short, foreign, older, tampered with, this one or no program at all changes nothing", async () => {
  await using box = await sandbox();
  const place = join(box.folder, "garza");
  copyFileSync(compiledProgram(), place);
  await box.run(place, "run", "demo/hello");
  const there = await box.run("sh", "-c", "ls -A .. ; ls -A ../data/backups");
  const refused = async (message: string, file: string, ...words: string[]) => {
    const { exitCode, stderr } = await box.run(place, "agent", "upgrade", file, ...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toMatch(/nothing was changed|there is no|--help/);
    expect(await box.run("sh", "-c", "ls -A .. ; ls -A ../data/backups")).toEqual(there);
  };
  const made = (name: string, change: (file: string) => void) => {
    const file = join(programs, name);
    copyFileSync(newer, file);
    change(file);
    return file;
  };
  const patched = (at: number, byte: number) => (file: string) => {
    const bytes = readFileSync(file);
    bytes[at] = byte;
    writeFileSync(file, bytes);
  };
  await refused(
    "is no garza that runs here",
    made("short", (file) => truncateSync(file, 20_000_000)),
  );
  await refused(
    "is no program that garza is made for",
    made("stub", (file) => truncateSync(file, 40)),
  );
  await refused("is no program that garza is made for", join(repository, "README.md"));
  if (process.arch === "x64")
    await refused("is for linux-arm64, and this is linux-x64", made("foreign", patched(18, 0xb7)));
  await refused("is no program that garza is made for", made("odd", patched(18, 0x03)));
  await refused("is no garza that runs here", Bun.which("true") ?? "");
  await refused("is garza 0.0.1, older than this one", older);
  await refused("is this very program", place);
  await refused("has the checksum", newer, "--checksum", "0".repeat(64));
  await refused("there is no file", join(programs, "none"));
  await refused("it is either FILE or --back", newer, "--back");
  const nothing = await box.run(place, "agent", "upgrade", "--back");
  expect(nothing.stderr).toContain(`there is no ${place}.previous to go back to`);

  // Without an agent it is swapped all the same, once it was tried.
  const sum = new Bun.CryptoHasher("sha256").update(readFileSync(newer)).digest("hex");
  const done = await box.run(place, "agent", "upgrade", newer, "--checksum", sum);
  expect([done.exitCode, done.stderr]).toEqual([0, expect.stringContaining("the next garza agent is the new one")]);
  expect((await box.run(place, "version", "--json")).stdout).toContain(newerCommit);
}, 60_000);

test("one that can't read what the newer has made of the database goes back with the backup that it can read", async () => {
  await using box = await sandbox();
  const place = join(box.folder, "garza");
  copyFileSync(compiledProgram(), place);
  // The program before understands databases of one operation at most.
  writeFileSync(
    `${place}.previous`,
    `#!/bin/sh
case "$1 $2" in
  "version --json") echo '{"garza": "0.0.9", "commit": "old"}' ;;
  "agent check")
    found=$(${compiledProgram()} agent check "$3" --json)
    [ "$(echo "$found" | jq .operations)" -le 1 ] || { echo "garza: it was written by a newer garza" >&2; exit 78; }
    echo "$found" ;;
  *) exec ${compiledProgram()} "$@" ;;
esac
`,
    { mode: 0o755 },
  );
  await box.run(place, "run", "demo/hello");
  await box.run(place, "backup");
  await box.run(place, "run", "demo/hello");
  await box.run(place, "backup");
  const refused = await box.run(place, "agent", "upgrade", "--back");
  expect(refused.exitCode).toBe(77);
  expect(refused.stderr).toContain(
    "the program before can't use the database as it is now (it was written by a newer garza)",
  );
  expect(refused.stderr).toMatch(
    /With the backup of 20\S+ \S+Z it can; what was done since is lost then: garza agent upgrade --back --restore/,
  );
  const back = await box.run(place, "agent", "upgrade", "--back", "--restore");
  expect(back.stderr).toContain(`${place} is garza 0.0.9 again; the newer one is ${place}.previous now`);
  expect(back.exitCode).toBe(0);
  expect((await box.run(place, "history")).stdout.match(/demo\/hello/g)).toHaveLength(1);
}, 60_000);

test.skipIf(!canMount)(
  "a disk that is full in the middle leaves the program as it was",
  async () => {
    await using box = await sandbox();
    const { exitCode, stdout, stderr } = await box.run("unshare", "--mount", "sh", "-c", `
    mkdir ../small && mount -t tmpfs -o size=160m tmpfs ../small && cp '${compiledProgram()}' ../small/garza || exit 99
    ../small/garza agent upgrade '${newer}'; code=$?
    ls -A ../small; cmp ../small/garza '${compiledProgram()}' && exit $code`); // biome-ignore format: a script
    expect([exitCode, stdout, stderr]).toEqual([73, "garza\n", expect.stringContaining("no space left at ")]);
  },
  60_000,
);

test.skipIf(!canMount)(
  "a disk that is full under the data, at whichever step, leaves both as they were",
  async () => {
    await using box = await sandbox();
    const { exitCode, stdout } = await box.run("unshare", "--mount", "sh", "-c", `
    mkdir ../small && mount -t tmpfs -o size=64m tmpfs ../small && cp '${compiledProgram()}' ../garza || exit 99
    export GARZA_HOME=$(cd ../small && pwd)/data
    ../garza run demo/hello >/dev/null 2>&1 && ../garza history >/dev/null || exit 98
    for free in 0 8 24 40 52 56 60 64 80; do
      rm -f ../small/fill
      dd if=/dev/zero of=../small/fill bs=1024 count=$(($(df -k --output=avail ../small | tail -1) - 4 * free)) 2>/dev/null
      ls -AR ../small/data | grep -v garza.db- >before
      ../garza agent upgrade '${newer}' >said 2>&1; code=$?
      ls -AR ../small/data | grep -v garza.db- | cmp -s before - && kept=kept || kept=more
      cmp -s ../garza '${compiledProgram()}' && there=before || there=newer
      echo $code $kept $there $(grep -c 'no space left at' said)
      [ ! -e ../garza.previous ] || mv ../garza.previous ../garza
    done
    ln ../garza ../garza.previous
    for free in 0 40 56 56 60; do
      rm -f ../small/fill
      dd if=/dev/zero of=../small/fill bs=1024 count=$(($(df -k --output=avail ../small | tail -1) - 4 * free)) 2>/dev/null
      ../garza agent upgrade --back >said 2>&1
      echo back $? $(grep -c 'no space left at' said)
    done`); // biome-ignore format: a script
    expect(exitCode).toBe(0);
    expect([...new Set(stdout.trim().split("\n"))]).toEqual([
      "73 kept before 1",
      "0 more newer 0",
      "back 73 1",
      "back 0 0",
    ]);
  },
  60_000,
);
