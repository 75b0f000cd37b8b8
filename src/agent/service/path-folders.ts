/** Where programs are that a login shell would find, and a service manager does not know of. */
import { isAbsolute, join } from "node:path";
import { statOf } from "../../core/files.ts";

const ofTheHome = [".fly/bin", ".local/bin", "bin", ".cargo/bin", ".bun/bin", ".deno/bin", "go/bin", ".volta/bin"];
const ofTheMachine = [
  "/opt/homebrew/bin", "/opt/homebrew/sbin", "/home/linuxbrew/.linuxbrew/bin",
  "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/snap/bin",
]; // biome-ignore format: a list

/** PATH for an agent: the shell's own order first, then what else is there. */
export function pathFor(shellPath: string | undefined, home: string): string {
  const typed = (shellPath ?? "").split(":").filter(isAbsolute);
  const known = [...ofTheHome.map((folder) => join(home, folder)), ...ofTheMachine];
  return [...new Set([...typed, ...known])].filter((folder) => statOf(folder)?.isDirectory()).join(":");
}
