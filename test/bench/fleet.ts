/** The program as a whole on 50 hosts, and with large files, beside what people use for it. One server on loopback is all of them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Sshd, type SshHome, sshHome, startSshd } from "../support/sshd.ts";
import { type Bench, type Figure, inTurns, operation, withFolder } from "./measure.ts";
import { repository, runForMemory } from "./runs.ts";

const count = 50;
/** As many as a server takes in their first steps without refusing any. */
const atOnce = 8;

type Fleet = {
  folder: string;
  root: string;
  sshd: Sshd;
  home: SshHome;
  options: string[];
  env: Record<string, string>;
};

function withFleet<Result>(bench: Bench, steps: string, work: (fleet: Fleet) => Promise<Result>): Promise<Result> {
  return withFolder(bench, async (folder) => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    home.trust(sshd);
    const route = `{ local: false, primary: { host: 127.0.0.1, port: ${sshd.port}, user: ${sshd.user} } }`;
    const root = await repository(folder, {
      "infra/hosts.yml": `hosts: { ${names.map((name) => `${name}: ${route}`).join(", ")} }\n`,
      "operations/bench.yml": `${operation}steps:\n${steps}`,
    });
    const options = ["-F", "none", "-i", home.key, "-o", `UserKnownHostsFile=${home.knownHosts}`];
    const env = { HOME: home.folder, PATH: process.env.PATH ?? "", GARZA_HOME: join(root, ".data") };
    return await work({ folder, root, sshd, home, options, env });
  });
}

const names = Array.from({ length: count }, (_, number) => `h${number}`);
const onAll = (command: string) => `  - type: foreach
    name: all
    items: [${names.join(", ")}]
    as: each
    parallel: true
    max_concurrent: ${count}
    steps: [{ type: ssh_command, name: one, host: "\${each}", command: "${command}" }]
`;

async function done(command: string[], { root, env }: Fleet): Promise<void> {
  const child = Bun.spawn(command, { cwd: root, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${command[0]} ended with ${child.exitCode}: ${out}${err}`);
}

/** Journal, wrapper and all; the others have neither. Without ansible there is no figure for it. */
export const operationOnFleet = (bench: Bench): Promise<Record<string, Figure>> =>
  withFleet(bench, onAll("true"), async (fleet) => {
    const { folder, sshd, home, options } = fleet;
    const ours = () => done([bench.program, "run", "bench"], fleet);
    const target = ["-p", `${sshd.port}`, `${sshd.user}@127.0.0.1`, "true"];
    const ssh = () => done(["xargs", "-a", join(folder, "names"), "-P", `${atOnce}`, "-I{}", "ssh", ...options, ...target], fleet); // biome-ignore format: a command line
    writeFileSync(join(folder, "names"), `${names.join("\n")}\n`);
    const figures: Record<string, Figure> = {
      ssh: { ...(await inTurns(3, ours, ssh)), unit: "ms", baseline: `ssh, ${atOnce} at once` },
    };
    const ansible = Bun.which("ansible");
    if (ansible) {
      const same = `ansible_host=127.0.0.1 ansible_port=${sshd.port} ansible_user=${sshd.user} ansible_ssh_private_key_file=${home.key}`;
      const settings = `ansible_ssh_common_args='-F none -o UserKnownHostsFile=${home.knownHosts}' ansible_python_interpreter=${Bun.which("python3")}`;
      writeFileSync(join(folder, "inventory"), names.map((name) => `${name} ${same} ${settings}\n`).join(""));
      const words = ["-i", join(folder, "inventory"), "-f", `${atOnce}`, "-m", "command", "-a", "true", "all"];
      const theirs = () => done([ansible, ...words], fleet);
      figures.ansible = { ...(await inTurns(1, ours, theirs)), unit: "ms", baseline: "ansible ad hoc" };
    }
    return figures;
  });

/** Each prints a line of 1 kB every 10 ms for 3 s. */
export const streamingFleet = async (bench: Bench): Promise<Figure> => {
  const peakOf = (command: string) =>
    withFleet(bench, onAll(command), async ({ root, env }) => runForMemory([bench.program, "run", "bench"], root, env));
  const line = "x".repeat(1000);
  const against = await peakOf("true");
  const value = await peakOf(`for each in $(seq 300); do echo ${line}; sleep 0.01; done`);
  return { value, against, unit: "MB", baseline: "50 that print nothing" };
};

export const largeUpload = (bench: Bench): Promise<Figure> =>
  withFleet(bench, "  - { type: upload, name: one, host: h0, from: big, to: ours }\n", async (fleet) => {
    const { root, sshd, options } = fleet;
    writeFileSync(join(root, "big"), Buffer.alloc(200e6, "not all the same, but nearly so: "));
    const scp = ["scp", "-q", ...options, "-P", `${sshd.port}`, "big", `${sshd.user}@127.0.0.1:theirs`];
    const figure = await inTurns(
      3,
      () => done([bench.program, "run", "bench"], fleet),
      () => done(scp, fleet),
    );
    return { ...figure, unit: "ms", baseline: "scp, which syncs nothing" };
  });
