/** The agent as a service of a real systemd, installed, used and taken away by the compiled program. */
import { expect, test } from "bun:test";
import { canBoot, privateSystemd } from "../../support/private-systemd.ts";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";

const head = (name: string) => `operation: { name: ${name}, type: maintain, description: A test }\n`;
const files = {
  "operations/slow.yml": `${head("slow")}steps:
  - { type: command, name: wait, command: "echo begun >> begun; until test -e go; do sleep 0.05; done; echo went" }
`,
  "operations/reach.yml": `${head("reach")}steps:
  - { type: http_request, name: http, url: "http://127.0.0.1:8080/hello", expected_status: 200 }
  - { type: command, name: ssh, command: "ssh -p 2222 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null ada@127.0.0.1 'echo over ssh'" }
  - { type: git, name: push, command: git push origin main }
`,
  "operations/forbidden.yml": `${head("forbidden")}steps:
  - { type: command, name: try, command: "touch /etc/x /usr/x /opt/x /home/ada/elsewhere/x 2>&1; ls -A /home/ada; id -u; grep NoNewPrivs /proc/self/status; echo ok > written" }
`,
};

const sshd = `[Unit]
DefaultDependencies=no
[Service]
RuntimeDirectory=sshd
ExecStart=/usr/sbin/sshd -D -e -f /dev/null -p 2222 -o ListenAddress=127.0.0.1 -o HostKey=/etc/ssh-host-key -o UsePAM=no -o AuthorizedKeysFile=/home/ada/.ssh/authorized_keys
[Install]
WantedBy=world.target
`;
const httpd = `[Unit]
DefaultDependencies=no
[Service]
ExecStart=/usr/bin/busybox httpd -f -p 127.0.0.1:8080 -h /home/ada/www
`;

async function home(box: Sandbox): Promise<void> {
  const { exitCode, stderr } = await box.run("sh", "-ec", `
    cp -r ../root "$HOME/demo"; mkdir -p "$HOME/.ssh" "$HOME/elsewhere" "$HOME/www"; echo hello > "$HOME/www/hello"
    ssh-keygen -q -t ed25519 -N '' -f "$HOME/.ssh/id_ed25519"; cp "$HOME/.ssh/id_ed25519.pub" "$HOME/.ssh/authorized_keys"
    git clone -q --bare "$HOME/demo" "$HOME/demo/.git/remote.git"; git -C "$HOME/demo" remote add origin /home/ada/demo/.git/remote.git
    printf '[user]\\nname = Ada\\nemail = ada@example.org\\n' > "$HOME/.gitconfig"
    mkdir -p ../etc; ssh-keygen -q -t ed25519 -N '' -f ../etc/ssh-host-key
    chmod 700 "$HOME/.ssh"; chown -R 1000:1000 "$HOME"`); // biome-ignore format: a script
  if (exitCode !== 0) throw new Error(stderr);
}

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}${stderr}`;

test.skipIf(!canBoot)(
  "a user's service: installed, used, reloaded, stopped, started anew, taken away",
  async () => {
    await using box = await sandbox({ files });
    await home(box);
    await using world = await privateSystemd(box);
    const garza = (...words: string[]) => world.asAda("/opt/garza", ...words);

    const dry = await garza("agent", "install", "--dry-run");
    expect(dry.stdout).toContain('ExecStart="/opt/garza" agent --root "/home/ada/demo"');
    expect((await garza("agent", "status")).exitCode).toBe(69);

    const installed = await garza("agent", "install");
    expect(installed).toMatchObject({ exitCode: 0, stdout: "" });
    expect(installed.stderr.replace(/demo-[0-9a-f]{8}/, "demo-HASH").split("\n")).toEqual([
      "wrote /home/ada/.local/state/garza/demo-HASH/agent.env",
      "wrote /home/ada/.config/systemd/user/garza@demo.service",
      "started garza@demo.service, as ada",
      "the agent ends when ada logs out. To let it stay: sudo loginctl enable-linger ada",
      "Look: garza agent status",
      "",
    ]);
    expect((await garza("agent", "status")).stdout).toMatch(
      /^service +garza@demo\.service \(user\): active \(running\), enabled$/m,
    );
    expect((await garza("run", "demo/hello", "name=Ada")).exitCode).toBe(0);
    expect((await world.asAda("systemctl", "--user", "status", "garza@demo")).stdout).toMatch(
      /Status: "\d running, 0 waiting"/,
    );

    expect(said(await garza("agent", "reload"))).toBe("The configuration is in force: 3 at once\n");
    await world.asAda("sh", "-c", "echo 'queue: { max_concurent: 7 }' > garza.yml");
    const refused = await garza("agent", "reload");
    expect(refused.exitCode).toBe(78);
    expect(refused.stderr).toContain("Did you mean queue.max_concurrent?");
    expect((await garza("agent", "status")).stdout).toContain("a newer one was refused");
    await world.asAda("sh", "-c", "echo 'queue: { max_concurrent: 7 }' > garza.yml");
    expect(said(await garza("agent", "reload"))).toBe("The configuration is in force: 7 at once\n");

    const id = (await garza("run", "slow", "--detach")).stdout.trim();
    await world.asAda(
      "sh",
      "-c",
      "until test -e begun; do sleep 0.05; done; rm begun; echo 'agent: { drain_timeout: 1s }' > garza.yml",
    );
    await garza("agent", "reload");
    await world.asAda("systemctl", "--user", "restart", "garza@demo");
    await world.asAda("touch", "go");
    expect((await garza("logs", id, "-f")).stdout).toContain("went");
    expect(await world.asAda("test", "-e", "begun")).toMatchObject({ exitCode: 1 });

    await world.asAda("rm", "go");
    await garza("run", "slow", "--detach");
    await world.asAda("sh", "-c", "until test -e begun; do sleep 0.05; done");
    expect(said(await garza("agent", "stop", "--with-steps"))).toMatch(
      /^The agent \(process \d+\) has stopped\n1 running step was ended\n$/,
    );
    expect((await world.asAda("systemctl", "--user", "is-active", "garza@demo")).stdout).toBe("inactive\n");

    expect(said(await garza("agent", "uninstall"))).toBe(
      "stopped and disabled garza@demo.service\nremoved /home/ada/.config/systemd/user/garza@demo.service\n",
    );
    expect((await world.asAda("systemctl", "--user", "list-unit-files", "garza*")).stdout).not.toContain("garza@demo");
    expect((await garza("agent", "uninstall")).exitCode).toBe(2);
  },
  120_000,
);

test.skipIf(!canBoot)(
  "the system's hardened service does SSH, HTTP and git, and can change nothing else",
  async () => {
    await using box = await sandbox({ files });
    await home(box);
    await using world = await privateSystemd(box, { "sshd.service": sshd, "httpd.service": httpd });
    const garza = (...words: string[]) => world.asAda("/opt/garza", ...words);
    await world.asRoot("systemctl", "start", "sshd", "httpd");
    await world.asRoot(
      "bash",
      "-c",
      "for port in 2222 8080; do until : < /dev/tcp/127.0.0.1/$port; do sleep 0.05; done; done",
    );

    expect(await garza("agent", "install", "--system")).toMatchObject({
      exitCode: 77,
      stderr: expect.stringContaining("sudo garza agent install --system"),
    });
    expect(await world.asRoot("/opt/garza", "--root", "/home/ada/demo", "agent", "install", "--user")).toMatchObject({
      exitCode: 77,
      stderr: expect.stringContaining("this repository belongs to ada. Run it as ada"),
    });
    const installed = await world.asRoot("/opt/garza", "--root", "/home/ada/demo", "agent", "install", "--hardened");
    expect(installed.stderr.split("\n")).toEqual([
      "wrote /var/lib/garza/demo/agent.env",
      "wrote /etc/systemd/system/garza@demo.service",
      "started garza@demo.service, as ada, hardened",
      "Look: garza agent status",
      "",
    ]);
    // The command line of the owner finds the data, and the socket in it, by itself.
    expect((await garza("agent", "status")).stdout).toMatch(/^data +\/var\/lib\/garza\/demo$/m);

    const reached = await garza("run", "reach");
    expect(said(reached)).toContain("over ssh");
    expect(reached.exitCode).toBe(0);
    const forbidden = await garza("run", "forbidden");
    const log = said(forbidden);
    for (const path of ["/etc/x", "/usr/x", "/opt/x"])
      expect(log).toContain(`cannot touch '${path}': Read-only file system`);
    expect(log).toContain("cannot touch '/home/ada/elsewhere/x': No such file or directory");
    expect(log).toMatch(/NoNewPrivs:\s+1/);
    expect(await box.run("sh", "-c", 'ls -n "$HOME/demo/written"')).toMatchObject({
      stdout: expect.stringContaining(" 1000 1000 "),
    });

    // One that has stopped is found out by the watchdog, and another takes over.
    await world.asRoot("sh", "-c", "mkdir -p /etc/systemd/system/garza@demo.service.d; printf '[Service]\\nWatchdogSec=15\\n' > /etc/systemd/system/garza@demo.service.d/w.conf; systemctl daemon-reload; systemctl restart garza@demo"); // biome-ignore format: a script
    await world.asRoot("sh", "-ec", "pid=$(systemctl show garza@demo -P MainPID); test $pid -gt 1; kill -STOP $pid; until test $(systemctl show garza@demo -P NRestarts) = 1 && systemctl -q is-active garza@demo; do sleep 0.1; done"); // biome-ignore format: a script
    const status = await world.asRoot("/opt/garza", "--root", "/home/ada/demo", "agent", "status");
    expect(status.stdout).toContain("active (running), enabled, started again 1 times");

    expect(await garza("agent", "uninstall")).toMatchObject({ exitCode: 77 });
    expect(said(await world.asRoot("/opt/garza", "--root", "/home/ada/demo", "agent", "uninstall"))).toBe(
      "stopped and disabled garza@demo.service\nremoved /etc/systemd/system/garza@demo.service\n",
    );
  },
  120_000,
);
