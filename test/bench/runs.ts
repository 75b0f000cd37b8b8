import { mkdir, mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A folder with these files, to be a root. */
export async function repository(folder: string, files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(folder, "root-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await Bun.write(join(root, path), text);
  }
  return root;
}

/** Milliseconds that a program takes to its end in a root with a data folder of its own. Throws when it fails. */
export async function run(command: string[], root: string): Promise<number> {
  const started = performance.now();
  const one = start(command, root);
  await one.child.exited;
  const ms = performance.now() - started;
  await refuseFailure(command, one);
  return ms;
}

/** The highest resident set in MB as the kernel tells it (Linux); throws when the program fails. What wait4 tells has the peak of this process in it, its parent. */
export async function runForMemory(command: string[], root: string, env: Env = {}): Promise<number> {
  const one = start(command, root, env);
  const { child } = one;
  let highest = Number.NaN;
  while (child.exitCode === null && child.signalCode === null) {
    const status = await Bun.file(`/proc/${child.pid}/status`)
      .text()
      .catch(() => "");
    const [, kB] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
    if (kB !== undefined) highest = Number(kB) / 1000;
    // Not while times are measured: the end would be seen late.
    await Bun.sleep(20);
  }
  await refuseFailure(command, one);
  return highest;
}

async function refuseFailure(command: string[], { child, said }: ReturnType<typeof start>): Promise<void> {
  if (child.exitCode === 0) return;
  throw new Error(`${command.join(" ")} ended with ${child.exitCode}: ${(await Bun.file(said).text()).slice(-2000)}`);
}

type Env = Readonly<Record<string, string>>;

function start(command: string[], root: string, env: Env = {}) {
  const said = join(root, ".said");
  const child = Bun.spawn(command, {
    cwd: root,
    env: { HOME: root, PATH: process.env.PATH ?? "", GARZA_HOME: join(root, ".data"), ...env },
    stdin: "ignore",
    stdout: "ignore",
    // To a file: what a pipe's reader has not taken yet would count as the program's memory.
    stderr: Bun.file(said),
    timeout: 300_000,
    killSignal: "SIGKILL",
  });
  return { child, said };
}
