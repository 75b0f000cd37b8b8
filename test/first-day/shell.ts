/** One `sh` that is given a command after another, as a person gives them. */

export type Shell = {
  /** What the command prints, on either stream, until it ends. */
  run(command: string): Promise<string>;
  /** Where it stands. */
  folder(): Promise<string>;
  /** It, and whatever it started in the background. */
  end(): Promise<void>;
};

const mark = "\x1e";

export function openShell(cwd: string, env: Record<string, string>): Shell {
  const child = Bun.spawn(["sh"], { cwd, env, stdin: "pipe", stdout: "pipe", stderr: "inherit", detached: true });
  const chunks = child.stdout[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  const shell: Shell = {
    async run(command) {
      await child.stdin.write(`{ ${command}\n} 2>&1 </dev/null; printf '${mark}'\n`);
      await child.stdin.flush();
      let text = "";
      while (!text.endsWith(mark)) {
        const { value, done } = await chunks.next();
        if (done) throw new Error(`the shell ended in: ${command}\n${text}`);
        text += decoder.decode(value, { stream: true });
      }
      return text.slice(0, -mark.length);
    },
    folder: async () => (await shell.run("pwd")).trim(),
    async end() {
      process.kill(-child.pid, "SIGKILL");
      await child.exited;
    },
  };
  return shell;
}
