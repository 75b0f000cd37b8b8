/**
 * Builds `dist/garza` for this machine, or with `--target NAME` (`all`: every platform) `dist/garza-NAME`. `--release`
 * makes of those (of all, unless told) what is published, in `dist/release`; `--key FILE` signs it with minisign.
 * Broken builds of a compiled program can end with exit 0, so what can run here is run before it counts.
 */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import manifest from "./package.json";
import { writeRelease } from "./release/release.ts";

const root = import.meta.dir;

/** What `--target all` builds: name of the program's file, and Bun's name of the runtime that goes into it. */
const targets = {
  "linux-x64": "bun-linux-x64-baseline",
  "linux-arm64": "bun-linux-arm64",
  "linux-x64-musl": "bun-linux-x64-baseline-musl",
  "linux-arm64-musl": "bun-linux-arm64-musl",
  "darwin-x64": "bun-darwin-x64",
  "darwin-arm64": "bun-darwin-arm64",
} as const satisfies Record<string, Bun.Build.CompileTarget>;
type Target = keyof typeof targets;

export type Build = { entry: string; outfile: string; target?: Target; define?: Record<string, string> };

/** Compiles one program; what was there before stays until the new one is whole. Throws with the bundler's messages. */
export async function compile({ entry, outfile, target, define = {} }: Build): Promise<void> {
  await mkdir(dirname(outfile), { recursive: true });
  const aside = await mkdtemp(join(dirname(outfile), ".build-"));
  try {
    // Under its own name, which the bytes depend on.
    const made = join(aside, basename(outfile));
    await bundle(entry, made, target, define);
    for (const suffix of ["", ".map"]) await rename(`${made}${suffix}`, `${outfile}${suffix}`);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function bundle(entry: string, outfile: string, target: Target | undefined, define: Record<string, string>) {
  const result = await Bun.build({
    entrypoints: [entry],
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    splitting: true,
    sourcemap: "linked",
    define,
    compile: {
      outfile,
      ...(target ? { target: targets[target] } : {}),
      execArgv: ["--disallow-code-generation-from-strings=strict"],
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  if (!result.success) throw new AggregateError(result.logs, `${basename(outfile)} could not be built`);
  await chmod(outfile, 0o755);
}

/** Compiles GARZA itself, stamped with the commit; its version comes from package.json. */
export async function compileGarza(outfile: string, target?: Target): Promise<void> {
  const define = { GARZA_COMMIT: JSON.stringify(commit()) };
  await compile({ entry: join(root, "src/main.ts"), outfile, define, ...(target ? { target } : {}) });
}

/** The commit that is checked out, or `unknown` outside a repository. */
function commit(): string {
  if (!Bun.which("git")) return "unknown";
  const { success, stdout } = Bun.spawnSync(["git", "-C", root, "rev-parse", "--short=12", "HEAD"], {
    stderr: "ignore",
  });
  return success ? stdout.toString().trim() : "unknown";
}

/** Runs the program where nothing of this repository is in reach: version, embedded templates, one operation. */
export async function smoke(program: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "garza-smoke-"));
  try {
    await mkdir(join(folder, "operations"));
    const expectations: [string[], string][] = [
      [["--version"], manifest.version],
      [["template", "list"], "demo/hello"],
      [["run", "demo/hello", "name=smoke"], "smoke"],
    ];
    for (const [args, expected] of expectations) {
      const { exitCode, stdout, stderr } = Bun.spawnSync([program, ...args], {
        cwd: folder,
        env: { PATH: process.env.PATH ?? "", HOME: folder, GARZA_HOME: join(folder, "data") },
        timeout: 60_000,
      });
      const said = `${stdout}${stderr}`;
      if (exitCode !== 0 || !said.includes(expected))
        throw new Error(`${basename(program)} ${args.join(" ")} ended with ${exitCode} and said:\n${said}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every platform's program starts like one; those of this machine are run besides by the caller. */
async function looksLikeAProgram(file: string): Promise<boolean> {
  const magic = new Uint8Array(await Bun.file(file).slice(0, 4).arrayBuffer()).toHex();
  return Bun.file(file).size > 50_000_000 && ["7f454c46", "cffaedfe"].includes(magic);
}

/** When the commit that is checked out was made, in seconds since 1970; 0 outside a repository. */
function commitTime(): number {
  if (!Bun.which("git")) return 0;
  const asked = Bun.spawnSync(["git", "-C", root, "log", "-1", "--format=%ct"], { stderr: "ignore" });
  return Number(asked.stdout.toString().trim());
}

async function build(outfile: string): Promise<void> {
  await compileGarza(outfile);
  await smoke(outfile);
  report(outfile);
}

/** Platform to its program. */
async function buildFor(wanted: string, outfile: string): Promise<Map<string, string>> {
  const programs = new Map<string, string>();
  const names = wanted === "all" ? (Object.keys(targets) as Target[]) : [wanted as Target];
  for (const name of names) {
    if (!Object.hasOwn(targets, name))
      throw new Error(`no target ${name}; there are: all, ${Object.keys(targets).join(", ")}`);
    const file = `${outfile}-${name}`;
    await compileGarza(file, name);
    if (!(await looksLikeAProgram(file))) throw new Error(`${file} is no program`);
    if (name === `${process.platform}-${process.arch}` && !existsSync("/etc/alpine-release")) await smoke(file);
    report(file);
    programs.set(name, file);
  }
  return programs;
}

async function release(wanted: string, outfile: string, key: string | undefined): Promise<void> {
  const programs = await buildFor(wanted, outfile);
  const to = join(dirname(outfile), "release");
  await rm(to, { recursive: true, force: true });
  const names = await writeRelease({ root, to, programs, time: commitTime(), key });
  for (const name of names) report(join(to, name));
}

function report(file: string): void {
  console.log(`${file}  ${(Bun.file(file).size / 1e6).toFixed(1)} MB`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      target: { type: "string" },
      out: { type: "string", default: "dist/garza" },
      release: { type: "boolean", default: false },
      key: { type: "string" },
    },
  });
  const outfile = resolve(values.out);
  if (values.release) await release(values.target ?? "all", outfile, values.key && resolve(values.key));
  else if (values.target !== undefined) await buildFor(values.target, outfile);
  else await build(outfile);
}
