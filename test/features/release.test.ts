/** What is published, and the script that fetches it: with the real tools, from a server on this machine. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import manifest from "../../package.json";
import { writeRelease } from "../../release/release.ts";
import { compiledProgram, type Sandbox, sandbox } from "../support/sandbox.ts";
import { repository } from "../support/sources.ts";

const here = `${process.platform}-${process.arch}`;
const name = `garza-${manifest.version}-${here}.tar.gz`;
/** A program that is small: what is in the archive is of no concern to who packs it. */
const small = `#!/bin/sh\ncase "$1" in --version) echo "garza ${manifest.version}" ;; completion) echo "# for $2" ;; esac\n`;

async function released(box: Sandbox, folder: string, program: string, key?: string): Promise<string> {
  const to = join(box.folder, folder);
  await writeRelease({ root: repository, to, programs: new Map([[here, program]]), time: 1_790_000_000, key });
  return to;
}

async function smallProgram(box: Sandbox): Promise<string> {
  await writeFile(join(box.folder, "small"), small, { mode: 0o755 });
  return join(box.folder, "small");
}

function serving(folder: string) {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const file = Bun.file(join(folder, new URL(request.url).pathname));
      return (await file.exists()) ? new Response(file) : new Response("", { status: 404 });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) };
}

const install = (box: Sandbox, ...words: string[]) => box.run("sh", join(repository, "infra/install.sh"), ...words);

test("the same programs give the same bytes, signature included, and other tools read them", async () => {
  await using box = await sandbox({ git: false });
  const key = join(box.folder, "key");
  expect((await box.run("minisign", "-G", "-W", "-p", `${key}.pub`, "-s", key)).exitCode).toBe(0);
  const program = await smallProgram(box);
  const [one, two] = [await released(box, "one", program, key), await released(box, "two", program, key)];
  const names = (await readdir(one)).sort();
  expect(names).toEqual(
    ["SHA256SUMS", "SHA256SUMS.minisig", name, `garza-${manifest.version}.cdx.json`, "install.sh"].sort(),
  );
  for (const file of names)
    expect([file, await readFile(join(two, file), "hex")]).toEqual([file, await readFile(join(one, file), "hex")]);

  expect((await box.run("sh", "-c", `cd '${one}' && sha256sum --strict --check SHA256SUMS`)).exitCode).toBe(0);
  expect((await box.run("minisign", "-V", "-p", `${key}.pub`, "-m", join(one, "SHA256SUMS"))).stdout).toContain(
    `Trusted comment: garza ${manifest.version}`,
  );
  expect((await box.run("tar", "tzf", join(one, name))).stdout.trim().split("\n")).toEqual(
    ["garza", "LICENSE", "README.md", "CHANGELOG.md", "garza.1", "install.sh"].map((file) => `garza/${file}`),
  );
  expect((await box.run("sh", "-c", `tar xzOf '${one}/${name}' garza/garza | cmp - ../small`)).exitCode).toBe(0);
  expect(released(box, "three", program, join(box.folder, "no-key"))).rejects.toThrow("minisign could not sign");
});

test("the bill of materials has everything that the program needs while it runs, once, with its hash", async () => {
  await using box = await sandbox({ git: false });
  const to = await released(box, "one", await smallProgram(box));
  const bill = JSON.parse(await readFile(join(to, `garza-${manifest.version}.cdx.json`), "utf8"));
  expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.5", version: 1 });
  expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  type Component = {
    type: string;
    name: string;
    version: string;
    "bom-ref": string;
    purl: string;
    hashes?: { alg: string; content: string }[];
  };
  const components = bill.components as Component[];
  const versions = Object.fromEntries(components.map((each) => [each.name, each.version]));
  expect(versions).toMatchObject({ bun: Bun.version, ...manifest.dependencies });
  for (const dev of Object.keys(manifest.devDependencies)) expect(versions).not.toHaveProperty([dev]);
  for (const { type, hashes, purl } of components.filter(({ type }) => type === "library"))
    expect([type, purl, hashes?.[0]?.alg, hashes?.[0]?.content]).toEqual(["library", expect.stringMatching(/^pkg:npm\/\S+@\d/), "SHA-512", expect.stringMatching(/^[0-9a-f]{128}$/)]); // biome-ignore format: one row
  const refs = [...components.map((each) => each["bom-ref"]), bill.metadata.component["bom-ref"]].sort();
  expect(new Set(refs).size).toBe(refs.length);
  const graph = bill.dependencies as { ref: string; dependsOn: string[] }[];
  for (const ref of graph.flatMap((row) => [row.ref, ...row.dependsOn])) expect(refs).toContain(ref);
  for (const installed of components.filter(({ type }) => type === "library")) {
    const { version } = JSON.parse(
      await readFile(join(repository, "node_modules", installed.name, "package.json"), "utf8"),
    );
    expect([installed.name, version]).toEqual([installed.name, installed.version]);
  }
});

test("the script finds, checks and places the real program, and completes its words", async () => {
  await using box = await sandbox({ git: false, programs: { id: "echo 1000" } });
  await using server = serving(await released(box, "release", compiledProgram()));
  const to = join(box.folder, "place");
  const { exitCode, stdout } = await install(box, server.url, "--to", to);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`installed garza ${manifest.version} as ${to}/garza\n`);
  expect(
    await readFile(join(box.env.HOME ?? "", ".local/share/fish/vendor_completions.d/garza.fish"), "utf8"),
  ).toContain("complete -c garza");
  expect(stdout).toContain(`${to} is not on your PATH; add it: export PATH="${to}:$PATH"\n`);
  const digest = async (file: string) =>
    createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  expect(await digest(join(to, "garza"))).toBe(await digest(compiledProgram()));
  expect(await readdir(to)).toEqual(["garza"]);
}, 60_000);

test("busybox's shell and wget do, too; a home of one's own gets the program and completion", async () => {
  await using box = await sandbox({
    git: false,
    programs: { id: "echo 1000", wget: 'exec busybox wget "$@"', bash: "exit 9" },
  });
  await using server = serving(await released(box, "release", await smallProgram(box)));
  for (const tool of [
    "uname",
    "mktemp",
    "sed",
    "head",
    "cut",
    "tar",
    "gzip",
    "cp",
    "mv",
    "rm",
    "mkdir",
    "chmod",
    "sha256sum",
    "ls",
  ])
    await box.program(tool, `exec busybox ${tool} "$@"`);
  box.env.PATH = join(box.folder, "bin");
  await box.program("busybox", `exec ${Bun.which("busybox")} "$@"`);
  const script = join(repository, "infra/install.sh");
  const { exitCode, stdout, stderr } = await box.run(Bun.which("busybox") ?? "", "sh", script, server.url);
  expect([exitCode, stderr]).toEqual([0, ""]);
  const home = box.env.HOME ?? "";
  expect(stdout.split("\n").slice(0, 2)).toEqual([
    `installed garza ${manifest.version} as ${home}/.local/bin/garza`,
    `wrote ${home}/.local/share/bash-completion/completions/garza`,
  ]);
  expect(await readFile(join(home, ".local/share/bash-completion/completions/garza"), "utf8")).toBe("# for bash\n");
});

test("what is tampered with, cut short, unsigned, missing or for another machine changes nothing", async () => {
  await using box = await sandbox({ git: false });
  const key = join(box.folder, "key");
  for (const each of [key, `${key}2`]) await box.run("minisign", "-G", "-W", "-p", `${each}.pub`, "-s", each);
  const release = await released(box, "release", await smallProgram(box), key);
  await using server = serving(release);
  const to = join(box.folder, "place");
  await mkdir(to);
  await writeFile(join(to, "garza"), "the old one");
  const refused = async (message: string, ...words: string[]) => {
    const { exitCode, stderr } = await install(box, server.url, "--to", to, "--no-completion", ...words);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect([await readFile(join(to, "garza"), "utf8"), await readdir(to)]).toEqual(["the old one", ["garza"]]);
  };
  await refused("the signature of SHA256SUMS is not by this key", "--key", `${key}2.pub`);
  await refused("there is no flag --too", "--too");
  for (const [word, machine] of [
    ["-m", "sparc64"],
    ["-s", "Plan9"],
  ] as const) {
    await box.program("uname", `[ "$1" = ${word} ] && echo ${machine} || /bin/uname "$1"`);
    await refused(`there is no garza for ${word === "-m" ? "machines of the kind " : ""}${machine}`);
  }
  await box.program("uname", `[ "$1" = -m ] && echo aarch64 || /bin/uname "$1"`);
  if (process.arch === "x64") await refused(`has no garza for linux-arm64`);
  await box.program("uname", '/bin/uname "$1"');

  const file = join(release, name);
  const whole = await readFile(file);
  await writeFile(file, whole.subarray(0, whole.length / 2));
  await refused(`${name} is not what it should be; nothing was changed`);
  await writeFile(file, Buffer.concat([whole.subarray(0, 40), Buffer.from([1]), whole.subarray(41)]));
  await refused(`${name} is not what it should be; nothing was changed`, "--key", `${key}.pub`);
  await writeFile(join(release, "SHA256SUMS"), "");
  await refused("the signature of SHA256SUMS is not by this key", "--key", `${key}.pub`);
  await refused(`has no garza for ${here}`);
  const nobody = await install(box, "http://127.0.0.1:9", "--to", to);
  expect([nobody.exitCode, nobody.stderr]).toEqual([1, expect.stringContaining("could not be fetched")]);
});

test("the script is fit to be run as it is", async () => {
  const script = join(repository, "infra/install.sh");
  await chmod(script, 0o755);
  expect((await stat(script)).mode & 0o111).toBe(0o111);
  for (const shell of ["sh", "bash", "mksh", "zsh"]) expect([shell, Bun.spawnSync([shell, "-n", script]).exitCode]).toEqual([shell, 0]); // biome-ignore format: one row
});
