/** Several machines on clones of one repository: a sandbox each, and the bare repository that they share. */
import { join } from "node:path";
import { person } from "./repositories.ts";
import { type Sandbox, type SandboxOptions, sandbox } from "./sandbox.ts";
import type { Transport } from "./transports.ts";

export type Machines = AsyncDisposable & {
  all: Sandbox[];
  /** The bare repository. */
  remote: string;
  /** Git in the bare repository; its standard output. */
  shared(...args: string[]): Promise<string>;
  /** Git in a machine's clone; its standard output. */
  git(box: Sandbox, ...args: string[]): Promise<string>;
};

/** `over`: how they reach it, where that is no path. */
export async function machines(
  count: number,
  { over, ...more }: SandboxOptions & { over?: Pick<Transport, "url" | "env"> } = {},
): Promise<Machines> {
  const options = { ...more, env: { ...more.env, ...over?.env } };
  const first = await sandbox(options);
  const remote = join(first.folder, "remote.git");
  const git = async (box: Sandbox, ...args: string[]) => {
    const set = Object.entries(person).map(([name, value]) => `${name}=${value}`);
    const { stdout, stderr, exitCode } = await box.run("env", ...set, "git", ...args);
    if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  await git(first, "init", "-q", "--bare", "-b", "main", remote);
  const others: Sandbox[] = [];
  for (let number = 1; number < count; number++) {
    const box = await sandbox({ ...options, files: {}, git: false });
    others.push(box);
    await git(box, "init", "-q", "-b", "main");
  }
  const all = [first, ...others];
  for (const box of all) await git(box, "remote", "add", "origin", over?.url(remote) ?? remote);
  await git(first, "push", "-q", "-u", "origin", "main");
  for (const box of others) {
    await git(box, "fetch", "-q", "origin");
    await git(box, "checkout", "-q", "-f", "-B", "main", "--track", "origin/main");
  }
  return {
    all,
    remote,
    git,
    shared: (...args) => git(first, "--git-dir", remote, ...args),
    async [Symbol.asyncDispose]() {
      for (const box of all.reverse()) await box[Symbol.asyncDispose]();
    },
  };
}
