/** What carries SSH when it is no TCP connection of ours: a program's standard input and output. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { Duplex, type Readable, type Writable } from "node:stream";
import { shellQuote } from "../core/shell-quote.ts";

/** Its whole group is ended with the stream; what it complained of last is the error. */
export function commandStream(command: string, env: Readonly<Record<string, string>>, cwd: string): Duplex {
  const child = spawn("/bin/sh", ["-c", command], {
    env,
    cwd,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  return new CommandStream(child);
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

class CommandStream extends Duplex {
  readonly #child: Child;
  #complaint = "";

  constructor(child: Child) {
    super({ allowHalfOpen: false });
    this.#child = child;
    child.stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-2000);
    });
    // What it can't write any more is told by its end.
    child.stdin.on("error", () => {});
    child.on("error", (error) => this.destroy(error));
    child.on("close", (code) => {
      const last = this.#complaint.trim().split("\n").at(-1);
      if (code !== 0 && code !== null)
        this.destroy(new Error(`its command ended with ${code}${last ? `: ${last}` : ""}`));
      else this.destroy();
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error | null) => void): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(chunk, () => done());
    else done();
  }

  override _final(done: () => void): void {
    this.#child.stdin.end();
    // As OpenSSH does: some of them would not heed the end of their input.
    this.#kill("SIGHUP");
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#kill("SIGTERM");
    done(error);
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It ended in between.
    }
  }
}

/** `%h`, `%p`, `%r`, `%n`, `%%`, each as one word of the shell; another letter stays as it is. */
export function fillCommand(
  command: string,
  at: { address: string; port: number; user: string; name: string },
): string {
  const words: Record<string, string> = { h: at.address, p: String(at.port), r: at.user, n: at.name, "%": "%" };
  return command.replace(/%([a-z%])/g, (written, letter: string) => {
    const word = words[letter];
    return word === undefined ? written : letter === "%" ? word : shellQuote(word);
  });
}
