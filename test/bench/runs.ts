import { mkdir, mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";

export type Ran = { ms: number; maxRssMb: number };

/** A folder with these files, to be a root. */
export async function repository(folder: string, files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(folder, "root-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await Bun.write(join(root, path), text);
  }
  return root;
}

/** Runs a program to its end in a root with a data folder of its own. Throws when it fails. */
export async function run(command: string[], root: string): Promise<Ran> {
  const env = { HOME: root, PATH: process.env.PATH ?? "", GARZA_HOME: join(root, ".data") };
  const started = performance.now();
  const said = join(root, ".said");
  // To a file: what a pipe's reader has not taken yet would count as the program's memory.
  const child = Bun.spawn(command, {
    cwd: root,
    env,
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(said),
    timeout: 300_000,
    killSignal: "SIGKILL",
  });
  const watched = watchMemory(child.pid, child.exited);
  const exitCode = await child.exited;
  const ms = performance.now() - started;
  if (exitCode !== 0)
    throw new Error(`${command.join(" ")} ended with ${exitCode}: ${(await Bun.file(said).text()).slice(-2000)}`);
  return { ms, maxRssMb: await watched };
}

/** The highest resident set as the kernel tells it (Linux). What wait4 tells has the peak of this process in it, its parent. */
async function watchMemory(pid: number, exited: Promise<unknown>): Promise<number> {
  let [highest, running] = [Number.NaN, true];
  void exited.then(() => {
    running = false;
  });
  while (running) {
    const status = await Bun.file(`/proc/${pid}/status`)
      .text()
      .catch(() => "");
    const [, kB] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
    if (kB !== undefined) highest = Number(kB) / 1000;
    await Bun.sleep(20);
  }
  return highest;
}
