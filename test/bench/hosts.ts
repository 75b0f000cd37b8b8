/** Hosts beside OpenSSH's own client, against the same server on loopback. */
import { join } from "node:path";
import type { Connections } from "../../src/hosts/connection.ts";
import { connectionsTo } from "../support/connections.ts";
import { type Sshd, type SshHome, sshHome, startSshd } from "../support/sshd.ts";
import { type Bench, type Figure, inTurns, withFolder } from "./measure.ts";

const { signal } = new AbortController();
const command = "true";
const hostsAtOnce = 50;

type Place = { sshd: Sshd; home: SshHome; hosts: string; ssh: string[] };

async function withServer<Result>(work: (place: Place) => Promise<Result>): Promise<Result> {
  using home = sshHome();
  await using sshd = await startSshd({ accepts: home });
  home.trust(sshd);
  const { port, user } = sshd;
  const route = `{ local: false, primary: { host: 127.0.0.1, port: ${port}, user: ${user} } }`;
  const names = Array.from({ length: hostsAtOnce }, (_, n) => `h${n}: ${route}`);
  const options = ["-F", "none", "-i", home.key, "-o", `UserKnownHostsFile=${home.knownHosts}`, "-p", String(port)];
  const ssh = ["ssh", ...options, `${user}@127.0.0.1`];
  return await work({ sshd, home, hosts: `hosts: { ${names.join(", ")} }`, ssh });
}

const run = async (hosts: Connections, host: string) => {
  const { exitCode } = await hosts.use(host, { signal }, (connection) => connection.exec(command));
  if (exitCode !== 0) throw new Error(`ended with ${exitCode}`);
};

async function spawn(ssh: readonly string[]): Promise<void> {
  const child = Bun.spawn([...ssh, command], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
  if ((await child.exited) !== 0) throw new Error(`ssh ended with ${child.exitCode}`);
}

/** From nothing to the end of a command. */
export const firstConnection = (): Promise<Figure> =>
  withServer(async ({ hosts, home, ssh }) => {
    const ours = async () => {
      await using connections = connectionsTo(hosts, { home });
      await run(connections, "h0");
    };
    return { ...(await inTurns(20, ours, () => spawn(ssh))), unit: "ms", baseline: "ssh", bar: 1.2 };
  });

/** A command over a connection that is there already. */
export const keptConnection = (bench: Bench): Promise<Figure> =>
  withFolder(bench, (folder) =>
    withServer(async ({ hosts, home, ssh }) => {
      await using connections = connectionsTo(hosts, { home });
      const control = ["-o", `ControlPath=${join(folder, "cm")}`];
      const [program = "ssh", ...rest] = ssh;
      const shared = [program, ...control, ...rest];
      const master = Bun.spawn([program, "-M", "-N", ...control, ...rest], { stdin: "ignore", stderr: "ignore" });
      while (!(await Bun.file(join(folder, "cm")).exists()) && master.exitCode === null) {
        const { exitCode } = Bun.spawnSync([program, "-O", "check", ...control, ...rest], { stderr: "ignore" });
        if (exitCode === 0) break;
        await Bun.sleep(20);
      }
      try {
        const figure = await inTurns(
          50,
          () => run(connections, "h0"),
          () => spawn(shared),
        );
        return { ...figure, unit: "ms", baseline: "ssh with ControlMaster", bar: 1.2 };
      } finally {
        master.kill();
        await master.exited;
      }
    }),
  );

/** Each by a connection of its own, all at the same time. */
export const fiftyHosts = (): Promise<Figure> =>
  withServer(async ({ hosts, home, ssh, sshd }) => {
    const ours = async () => {
      await using connections = connectionsTo(hosts, { home });
      await Promise.all(Array.from({ length: hostsAtOnce }, (_, n) => run(connections, `h${n}`)));
    };
    const theirs = async () => {
      // Eight at once are what the server takes without refusing any.
      const left = Array.from({ length: hostsAtOnce }, (_, n) => n);
      const work = async () => {
        while (left.pop() !== undefined) await spawn(ssh);
      };
      await Promise.all(Array.from({ length: 8 }, work));
    };
    const figure = await inTurns(3, ours, theirs);
    if (/MaxStartups|drop connection/.test(sshd.log())) throw new Error("the server refused some");
    return { ...figure, unit: "ms", baseline: "ssh, 8 at once", bar: 1.2 };
  });
