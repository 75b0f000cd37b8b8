/**
 * Real SSH servers on loopback, several at once, each with its own host key, port and configuration; and a home with
 * keys to log in with. They run as whoever runs the tests, who is also who logs in.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { descendants, kill } from "./processes.ts";

export type SshdOptions = {
  /** Who may log in: a home of `sshHome`, or lines of authorized_keys. */
  accepts: SshHome | readonly string[];
  /** Lines that go before the usual ones (the first one counts): `MaxSessions 2`. */
  config?: readonly string[];
  /** What sessions there see besides. */
  env?: Readonly<Record<string, string>>;
  hostKey?: "ed25519" | "rsa" | "ecdsa";
};

export type Sshd = AsyncDisposable & {
  port: number;
  user: string;
  /** The public key: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** `SHA256:…` */
  fingerprint: string;
  /** Its folder: the host key's files, the log, and `home`, which is HOME there. */
  folder: string;
  log(): string;
  /** Connections that are served now, by their processes. */
  sessions(): number[];
  /** Ends these; the server goes on. */
  cut(): void;
  /** Ends it and them; it may be started again on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
};

const program = "/usr/sbin/sshd";

export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "garza-sshd-")));
  const { config = [], env = {}, hostKey = "ed25519", accepts } = options;
  const key = join(folder, "host_key");
  keygen(key, "-t", hostKey);
  const authorized = join(folder, "authorized_keys");
  const lines = "publicKeys" in accepts ? accepts.publicKeys() : accepts;
  writeFileSync(authorized, `${lines.join("\n")}\n`, { mode: 0o600 });
  const port = await freePort();
  const log = join(folder, "log");
  // A home of its own: that of whoever runs the tests may have slow things to do at each login.
  const farHome = join(folder, "home");
  mkdirSync(farHome);
  const setEnv = Object.entries({ HOME: farHome, ...env }).map(([name, value]) => `${name}="${value}"`);
  const file = join(folder, "sshd_config");
  writeFileSync(
    file,
    [
      ...config,
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${key}`,
      `PidFile ${join(folder, "pid")}`,
      `AuthorizedKeysFile ${authorized}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin yes",
      "AllowTcpForwarding yes",
      "Subsystem sftp internal-sftp",
      "PrintMotd no",
      "LogLevel VERBOSE",
      `SetEnv ${setEnv.join(" ")}`,
      "",
    ].join("\n"),
  );
  // Where it drops its privileges to; a service's own set-up makes it otherwise.
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });

  let server: Bun.Subprocess | undefined;
  // Those that serve a connection, not what runs in them: that survives a cut as it would anywhere.
  const sessions = () => (server ? descendants(server.pid, "sshd") : []);
  const cut = () => sessions().forEach(kill);
  const start = async () => {
    const text = () => (existsSync(log) ? readFileSync(log, "utf8") : "");
    const times = listening(text()) + 1;
    server = Bun.spawn([program, "-D", "-f", file, "-E", log], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
    await listens(text, times, server);
  };
  const stop = async () => {
    // What it took in between would live on.
    server?.kill("SIGSTOP");
    const left = sessions();
    server?.kill("SIGKILL");
    await server?.exited;
    left.forEach(kill);
    server = undefined;
  };
  await start();
  return {
    port,
    user: run(["id", "-un"]).trim(),
    hostKey: readFileSync(`${key}.pub`, "utf8").split(" ").slice(0, 2).join(" "),
    fingerprint: fingerprintOf(`${key}.pub`),
    folder,
    log: () => readFileSync(log, "utf8"),
    sessions,
    cut,
    stop,
    start,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export type SshHome = Disposable & {
  /** The value of HOME. */
  folder: string;
  /** Path of the first key, and of the file of known hosts. */
  key: string;
  knownHosts: string;
  publicKeys(): string[];
  /** Writes it down as known, under the name that OpenSSH uses. */
  trust(...servers: Pick<Sshd, "port" | "hostKey">[]): void;
  /** A further key in `.ssh`, by name; a passphrase where one is given. */
  addKey(name: string, options?: { type?: string; passphrase?: string }): string;
};

export function sshHome(options: { key?: boolean } = {}): SshHome {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "garza-home-")));
  const ssh = join(folder, ".ssh");
  mkdirSync(ssh, { mode: 0o700 });
  const knownHosts = join(ssh, "known_hosts");
  const addKey: SshHome["addKey"] = (name, { type = "ed25519", passphrase = "" } = {}) => {
    keygen(join(ssh, name), "-t", type, "-N", passphrase);
    return join(ssh, name);
  };
  const key = join(ssh, "id_ed25519");
  if (options.key !== false) addKey("id_ed25519");
  return {
    folder,
    key,
    knownHosts,
    addKey,
    publicKeys: () =>
      readdirSync(ssh).flatMap((name) => (name.endsWith(".pub") ? [readFileSync(join(ssh, name), "utf8").trim()] : [])),
    trust(...servers) {
      const known = existsSync(knownHosts) ? readFileSync(knownHosts, "utf8") : "";
      const lines = servers.map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}\n`);
      writeFileSync(knownHosts, known + lines.join(""), { mode: 0o600 });
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export type SshAgent = AsyncDisposable & { socket: string };

/** OpenSSH's own agent, with these keys. */
export async function startAgent(...keys: string[]): Promise<SshAgent> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "garza-agent-")));
  const socket = join(folder, "socket");
  const agent = Bun.spawn(["ssh-agent", "-D", "-a", socket], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  // The socket is there a moment before it listens.
  while (Bun.spawnSync(["ssh-add", "-l"], { env, stdin: "ignore" }).exitCode === 2) await Bun.sleep(5);
  for (const key of keys) run(["ssh-add", "-q", key], env);
  return {
    socket,
    async [Symbol.asyncDispose]() {
      agent.kill();
      await agent.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function fingerprintOf(publicKey: string): string {
  return run(["ssh-keygen", "-lf", publicKey]).split(" ")[1] ?? "";
}

/** Makes a key without a passphrase; resolves to its public half as bytes. */
export function keygen(file: string, ...args: string[]): Buffer {
  const options = [...(args.includes("-t") ? [] : ["-t", "ed25519"]), ...(args.includes("-N") ? [] : ["-N", ""])];
  run(["ssh-keygen", "-q", ...options, "-f", file, ...args]);
  return Buffer.from(readFileSync(`${file}.pub`, "utf8").split(" ")[1] ?? "", "base64");
}

/** What OpenSSH itself finds under a name. */
export const foundInKnownHosts = (name: string, file: string) =>
  Bun.spawnSync(["ssh-keygen", "-F", name, "-f", file]).stdout.toString();

function run(command: string[], env: NodeJS.ProcessEnv = process.env): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { env, stdin: "ignore" });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  return stdout.toString();
}

/** A port that nobody listens on now, and that the system gives to nobody who asks it for any. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** It says so in its log, once for each start. */
async function listens(log: () => string, times: number, server: Bun.Subprocess): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (listening(log()) < times) {
    if (server.exitCode !== null || performance.now() > deadline) throw new Error(`sshd did not start:\n${log()}`);
    await Bun.sleep(5);
  }
}

const listening = (log: string) => log.split("Server listening on ").length - 1;
