/** This machine with a repository, and one more behind a real SSH server where GARZA is as well. */
import { symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { compiledProgram, type Sandbox, sandbox } from "./sandbox.ts";
import { type Sshd, type SshHome, sshHome, startSshd } from "./sshd.ts";

export const at = ({ port, user }: Pick<Sshd, "port" | "user">) => `{ host: 127.0.0.1, port: ${port}, user: ${user} }`;

export type Net = AsyncDisposable & { box: Sandbox; far: Sandbox; sshd: Sshd; home: SshHome };

/** `hosts` is the text of the inventory here; there is a template `hello` there. */
export async function net(hosts: (sshd: Sshd, far: Sandbox) => string, { trusted = true } = {}): Promise<Net> {
  const home = sshHome();
  const far = await sandbox({ files: { "operations/hello.yml": hello } });
  await mkdir(join(far.folder, "bin"), { recursive: true });
  symlinkSync(compiledProgram(), join(far.folder, "bin/garza"));
  const env = { PATH: far.env.PATH ?? "", HOME: join(far.folder, "home"), GARZA_HOME: far.data };
  const sshd = await startSshd({ accepts: home, env });
  if (trusted) home.trust(sshd);
  const box = await sandbox({
    files: { "infra/hosts.yml": hosts(sshd, far) },
    env: { HOME: home.folder, SSH_AUTH_SOCK: "" },
  });
  return {
    box,
    far,
    sshd,
    home,
    async [Symbol.asyncDispose]() {
      await box[Symbol.asyncDispose]();
      await far[Symbol.asyncDispose]();
      await sshd[Symbol.asyncDispose]();
      home[Symbol.dispose]();
    },
  };
}

const hello = `
operation: { name: hello, type: maintain, description: Says hello }
parameters:
  name: { type: string, default: you }
steps:
  - { type: command, name: greet, command: "echo hello \${name}" }
`;

/** One host, `far`. */
export const plain = (sshd: Sshd, far: Sandbox) =>
  `hosts: { far: { local: false, primary: ${at(sshd)}, garza: { root: ${far.root} } } }\n`;

/** A program at a terminal: what it draws, and keys for it. */
export function onScreen(command: string[], { root, env }: Pick<Sandbox, "root" | "env">) {
  let seen = "";
  const child = Bun.spawn(command, {
    cwd: root,
    env: { ...env, TERM: "xterm" },
    terminal: {
      cols: 91,
      rows: 27,
      data(_terminal, chunk) {
        seen += Buffer.from(chunk).toString();
      },
    },
  });
  const { terminal, exited } = child;
  if (!terminal) throw new Error("no terminal");
  return {
    seen: () => seen,
    write: (keys: string) => terminal.write(keys),
    resize: (cols: number, rows: number) => terminal.resize(cols, rows),
    exited,
  };
}
