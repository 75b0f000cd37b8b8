/** A program that a test started: what it said so far, waiting for it to say something, its end. */
import type { Ended } from "./sandbox.ts";

export type Running = {
  pid: number;
  /** Everything said so far on standard output, on standard error. */
  stdout(): string;
  stderr(): string;
  /** Resolves as soon as standard output or standard error has it; rejects when the program ends without. */
  says(text: string | RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  ended: Promise<Ended>;
  /** Kills it, with whatever is in its group, and waits. */
  end(): Promise<void>;
};

export function start(command: string[], { cwd, env }: { cwd: string; env: Record<string, string> }): Running {
  const child = Bun.spawn(command, { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe", detached: true });
  const said = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const collect = async (name: "stdout" | "stderr") => {
    const decoder = new TextDecoder();
    for await (const chunk of child[name]) {
      said[name] += decoder.decode(chunk, { stream: true });
      for (const look of waiting) look();
    }
  };
  const collected = Promise.all([collect("stdout"), collect("stderr")]);
  const ended = Promise.all([child.exited, collected]).then(([exitCode]) => ({ ...said, exitCode }));

  return {
    pid: child.pid,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    says: (text) =>
      new Promise((resolve, reject) => {
        const has = (all: string) => (typeof text === "string" ? all.includes(text) : text.test(all));
        const look = () => {
          if (!has(said.stdout) && !has(said.stderr)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void ended.then(({ exitCode }) => {
          if (waiting.delete(look))
            reject(new Error(`ended with ${exitCode} and never said ${text}:\n${said.stdout}\n${said.stderr}`));
        });
      }),
    signal: (name) => child.kill(name),
    ended,
    async end() {
      if (child.exitCode === null && child.signalCode === null) killGroup(child.pid);
      await child.exited;
    },
  };
}

export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (thrown) {
    // It ended in between.
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH")) throw thrown;
  }
}
