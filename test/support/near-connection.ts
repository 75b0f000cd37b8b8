/** A connection to this machine without SSH: the command line goes to a login shell of choice, as sshd would hand it over. */
import type { Connection } from "../../src/hosts/connection.ts";

/** `home` is where the far side keeps its run folders. */
export function nearConnection(home: string, shell = ["/bin/sh", "-c"], env: Record<string, string> = {}): Connection {
  const unused = () => {
    throw new Error("not over this connection");
  };
  return {
    host: "near",
    route: "near",
    takesInput: true,
    async exec(line, { stdin, signal } = {}) {
      const child = Bun.spawn(["setsid", "--wait", ...shell, line], {
        cwd: home,
        env: { HOME: home, PATH: process.env.PATH ?? "/usr/bin:/bin", ...env },
        stdin: typeof stdin === "string" ? Buffer.from(stdin) : (stdin ?? "ignore"),
        stdout: "pipe",
        stderr: "pipe",
        ...(signal && { signal }),
      });
      const [stdout, stderr] = await Promise.all([child.stdout.bytes(), child.stderr.bytes()]);
      return {
        exitCode: await child.exited,
        signal: null,
        stdout: Buffer.from(stdout),
        stderr: Buffer.from(stderr),
      };
    },
    open: unused,
    sftp: unused,
  };
}
