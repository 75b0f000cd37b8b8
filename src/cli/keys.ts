/** Keys as they are pressed, without Enter and without an echo; the terminal's mode is put back however it ends. */
import type { ReadStream } from "node:tty";

export type KeyListener = {
  /** A character; `\u0003` for Ctrl-C, which is no signal meanwhile. */
  pressed(key: string): void;
  /** Ctrl-Z: the terminal is about to be another program's. */
  suspended(): void;
  resumed(): void;
};

/** Returns what stops it. Does nothing where no terminal can be read. */
export function listenToKeys(input: ReadStream, listener: KeyListener): () => void {
  if (!input.isTTY) return () => {};
  const resume = () => {
    input.setRawMode(true);
    listener.resumed();
  };
  const take = (keys: Buffer | string) => {
    for (const key of String(keys)) {
      if (key !== "\u001a") {
        listener.pressed(key);
        continue;
      }
      listener.suspended();
      input.setRawMode(false);
      process.kill(process.pid, "SIGTSTP");
    }
  };
  process.on("SIGCONT", resume);
  input.setRawMode(true);
  input.on("data", take);
  input.resume();
  return () => {
    process.off("SIGCONT", resume);
    input.off("data", take);
    input.setRawMode(false);
    input.pause();
  };
}
