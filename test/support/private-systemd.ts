/**
 * A systemd of the test's own, as process 1 of a small world: it sees this machine's programs and kernel settings
 * read-only, has its own network, processes and cgroup, and starts nothing but the units that it is given. Nothing of
 * this machine is within its reach but one folder of the test: `await using world = await privateSystemd(box)`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Running, start } from "./running.ts";
import { compiledProgram, type Ended, type Sandbox } from "./sandbox.ts";
import { until } from "./temporary.ts";

const cgroups = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].find((path) => existsSync(join(path, "cgroup.procs")));
const systemd = "/usr/lib/systemd/systemd";

/** As root, where bubblewrap and systemd are. */
export const canBoot =
  process.getuid?.() === 0 && cgroups !== undefined && Bun.which("bwrap") !== null && existsSync(systemd);

export type World = AsyncDisposable & {
  /** Runs a program as root, or as the user `ada` (1000). */
  asRoot(...command: string[]): Promise<Ended>;
  asAda(...command: string[]): Promise<Ended>;
};

/** `/home/ada` is the sandbox's home (give it to 1000), `/opt/garza` the program. `units`: further ones, by name. */
export async function privateSystemd(box: Sandbox, units: Record<string, string> = {}): Promise<World> {
  const cgroup = join(cgroups ?? "", `garza-test-${process.pid}-${counter++}`);
  mkdirSync(cgroup);
  const etc = await writeEtc(box, units);
  const world = start(
    ["sh", "-c", `echo $$ > ${cgroup}/cgroup.procs && exec "$@"`, "sh", ...bubble(box, etc, cgroup)],
    {
      cwd: "/",
      env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
    },
  );
  const running: Running[] = [];
  const end = async () => {
    // One that still waits inside keeps the world from ending.
    await Promise.all([...running, world].map((one) => one.end()));
    await until(() => isEmpty(cgroup));
    removeTree(cgroup);
  };
  const inside = (user: string[], command: string[]) => {
    const one = start(["nsenter", `--target=${init}`, ...namespaces, "--root", "--wd", ...user, ...command], {
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
    });
    running.push(one);
    return one.ended;
  };
  const asRoot = (...command: string[]) => inside(["env", "HOME=/root", "USER=root"], command);
  let init = "";
  try {
    await world.says(/"child-pid": (\d+)/);
    init = /"child-pid": (\d+)/.exec(world.stderr())?.[1] ?? "";
    // Before that it stands in this machine's own root.
    await until(() => readFileSync(`/proc/${init}/comm`, "utf8") === "systemd\n");
    if ((await asRoot("cat", "/etc/machine-id")).stdout !== machineId)
      throw new Error("it is not in a world of its own");
    await asRoot("sh", "-c", "until systemctl --quiet is-active user-ada.service; do sleep 0.05; done");
  } catch (thrown) {
    await end();
    throw thrown;
  }
  return {
    asRoot,
    asAda: (...command) => inside(ada, command),
    [Symbol.asyncDispose]: end,
  };
}

const namespaces = ["--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup"];
const ada = [
  "setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "env", "--chdir=/home/ada/demo", "HOME=/home/ada",
  "USER=ada", "XDG_RUNTIME_DIR=/run/user/1000",
]; // biome-ignore format: a command line
let counter = 0;
const machineId = "0123456789abcdef0123456789abcdef\n";

function bubble(box: Sandbox, etc: string, cgroup: string): string[] {
  const usrLinks = ["bin", "lib", "lib64", "sbin"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]);
  return [
    "bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup",
    "--as-pid-1", "--cap-add", "ALL", "--die-with-parent", "--info-fd", "2",
    "--ro-bind", "/usr", "/usr", ...usrLinks,
    "--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev",
    "--ro-bind", "/sys", "/sys", "--bind", cgroup, "/sys/fs/cgroup",
    "--tmpfs", "/run", "--perms", "1777", "--tmpfs", "/tmp", "--tmpfs", "/var", "--dir", "/var/lib", "--perms", "1777", "--dir", "/var/tmp", "--dir", "/root", "--dir", "/home", "--dir", "/opt",
    "--bind", etc, "/etc", "--bind", box.env.HOME ?? "", "/home/ada",
    "--ro-bind", compiledProgram(), "/opt/garza",
    "--clearenv", "--setenv", "container", "garza-test", "--setenv", "PATH", "/usr/sbin:/usr/bin",
    "--setenv", "SYSTEMD_UNIT_PATH", "/etc/systemd/system",
    systemd, "--system", "--unit=world.target", "--log-target=console", "--log-level=warning", "--show-status=no",
  ]; // biome-ignore format: a command line
}

const userManager = `[Unit]
DefaultDependencies=no
[Service]
Type=notify
User=ada
Delegate=yes
Environment=HOME=/home/ada XDG_RUNTIME_DIR=/run/user/1000
Environment=SYSTEMD_UNIT_PATH=/home/ada/.config/systemd/user:/etc/systemd/user
ExecStartPre=+install -d -m 0700 -o ada -g ada /run/user/1000
ExecStart=${systemd} --user --log-target=console --log-level=warning
`;

async function writeEtc(box: Sandbox, units: Record<string, string>): Promise<string> {
  const etc = join(box.folder, "etc");
  const target = "[Unit]\nDefaultDependencies=no\n";
  const targets = (folder: string, names: string[]) =>
    names.map((name) => [`systemd/${folder}/${name}.target`, target] as const);
  const files = Object.fromEntries([
    [
      "passwd",
      "root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\nnobody:x:65534:65534::/:/bin/false\n",
    ],
    ["group", "root:x:0:\nada:x:1000:\nnogroup:x:65534:\n"],
    ["nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"],
    ["hosts", "127.0.0.1 localhost\n"],
    ["machine-id", machineId],
    ["systemd/system/world.target", `${target}Wants=user-ada.service\n`],
    ["systemd/system/user-ada.service", userManager],
    ...Object.entries(units).map(([name, text]) => [`systemd/system/${name}`, text] as const),
    ...targets("system", ["sysinit", "basic", "shutdown", "multi-user", "network-online"]),
    ...targets("user", ["default", "basic", "shutdown"]),
  ]);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(etc, name, ".."), { recursive: true });
    await writeFile(join(etc, name), text);
  }
  await chmod(box.folder, 0o755);
  return etc;
}

function isEmpty(cgroup: string): boolean {
  const inner = readdirSync(cgroup, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (readFileSync(join(cgroup, "cgroup.procs"), "utf8") !== "") return false;
  return inner.every((entry) => isEmpty(join(cgroup, entry.name)));
}

function removeTree(cgroup: string): void {
  for (const name of readdirSync(cgroup)) {
    const path = join(cgroup, name);
    if (statSync(path).isDirectory()) removeTree(path);
  }
  rmdirSync(cgroup);
}
