import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Connection, Lost, NotSent } from "../../src/hosts/connection.ts";
import { connectionsTo } from "../support/connections.ts";
import { type Sshd, type SshHome, sshHome, startSshd } from "../support/sshd.ts";
import { startProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/temporary.ts";

const signal = new AbortController().signal;
const at = ({ port, user }: Pick<Sshd, "port" | "user">) => `{ host: 127.0.0.1, port: ${port}, user: ${user} }`;
const far = (server: Pick<Sshd, "port" | "user">, more = "") =>
  `hosts: { far: { local: false, primary: ${at(server)} } }\n${more}`;

async function server(options: { config?: string[]; env?: Record<string, string> } = {}): Promise<[SshHome, Sshd]> {
  const home = sshHome();
  const sshd = await startSshd({ accepts: home, ...options });
  home.trust(sshd);
  return [home, sshd];
}

test("a command runs on a host, with its exit, its streams and its input", async () => {
  const [home, sshd] = await server({ env: { GREETING: "hello there" } });
  await using _ = sshd;
  await using hosts = connectionsTo(far(sshd), { home });
  const result = await hosts.use("far", { signal }, async (connection) => {
    expect([connection.host, connection.route, connection.takesInput]).toEqual(["far", "primary", true]);
    return connection.exec('cat; echo "$GREETING" >&2; exit 3', { stdin: "in" });
  });
  expect({ ...result, stdout: `${result.stdout}`, stderr: `${result.stderr}` }).toEqual({
    exitCode: 3,
    signal: null,
    stdout: "in",
    stderr: "hello there\n",
  });
});

test("a signal that ended it is told, and 5 MB of input come back as they were", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using hosts = connectionsTo(far(sshd), { home });
  await hosts.use("far", { signal }, async (connection) => {
    expect(await connection.exec("kill -9 $$")).toMatchObject({ exitCode: null, signal: "SIGKILL" });
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const much = Buffer.concat(Array.from({ length: 80 }, () => bytes));
    const { stdout } = await connection.exec("cat", { stdin: much, limit: much.length });
    expect(stdout.equals(much)).toBe(true);
  });
});

test("output beyond the limit is given up, and whoever stops waiting gets the reason", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using hosts = connectionsTo(far(sshd), { home });
  await hosts.use("far", { signal }, async (connection) => {
    await expect(connection.exec("yes", { limit: 1000 })).rejects.toThrow(Lost);
    const stop = new AbortController();
    const waiting = connection.exec("sleep 60", { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(waiting).rejects.toThrow("enough");
    expect(`${(await connection.exec("echo still here")).stdout}`).toBe("still here\n");
  });
});

test("streams are open both ways, a terminal has its size, and back-pressure holds", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using hosts = connectionsTo(far(sshd), { home });
  await hosts.use("far", { signal }, async (connection) => {
    const talk = await connection.open('while read -r line; do echo "<$line>"; done; echo over');
    talk.stderr.resume();
    talk.stdin.write("one\n");
    const said: string[] = [];
    talk.stdout.on("data", (chunk: Buffer) => said.push(`${chunk}`));
    await until(() => said.join("") === "<one>\n");
    talk.stdin.end("two\n");
    expect(await talk.ended).toEqual({ exitCode: 0, signal: null });
    expect(said.join("")).toBe("<one>\n<two>\nover\n");

    const pty = await connection.open("stty size; read -r x; stty size; echo $TERM", {
      pty: { term: "vt100", cols: 99, rows: 33 },
    });
    let seen = "";
    pty.stderr.resume();
    pty.stdout.on("data", (chunk: Buffer) => {
      seen += chunk;
    });
    await until(() => seen.includes("33 99"));
    pty.resize(120, 40);
    pty.stdin.write("\n");
    await pty.ended;
    expect(seen).toContain("40 120\r\nvt100");

    const flood = await connection.open("head -c 30000000 /dev/zero; echo done >&2");
    flood.stderr.resume();
    await Bun.sleep(300);
    // Nobody has read: what came is a window's worth.
    expect(flood.stdout.readableLength).toBeLessThan(4_000_000);
    let size = 0;
    for await (const chunk of flood.stdout) size += (chunk as Buffer).length;
    expect([size, await flood.ended]).toEqual([30_000_000, { exitCode: 0, signal: null }]);
  });
});

test("files go by SFTP", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using hosts = connectionsTo(far(sshd), { home });
  await hosts.use("far", { signal }, async (connection) => {
    const sftp = await connection.sftp();
    const file = join(sshd.folder, "sent");
    await new Promise<void>((resolve, reject) =>
      sftp.writeFile(file, "text", (error) => (error ? reject(error) : resolve())),
    );
    sftp.end();
    expect(await Bun.file(file).text()).toBe("text");
  });
});

test("twenty at once share connections of five channels, also where the server allows two, and none is lost", async () => {
  for (const [config, most] of [
    [[], 6],
    [["MaxSessions 2"], 21],
    [["MaxStartups 2:50:4"], 6],
  ] as [string[], number][]) {
    const [home, sshd] = await server({ config });
    await using _ = sshd;
    await using hosts = connectionsTo(far(sshd), { home });
    const works = Array.from({ length: 20 }, (_each, n) =>
      hosts.use("far", { signal }, (connection) => connection.exec(`sleep 0.3; echo ${n}`)),
    );
    const results = await Promise.all(works);
    expect(results.map(({ stdout }) => Number(`${stdout}`))).toEqual(works.map((_each, n) => n));
    const opened = sshd.log().match(/Accepted publickey/g)?.length ?? 0;
    expect(opened).toBeLessThanOrEqual(most);
  }
});

test("a host does as much at once as max_concurrent says; looking and cancelling go beside", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using hosts = connectionsTo(`hosts: { far: { local: false, max_concurrent: 2, primary: ${at(sshd)} } }`, {
    home,
  });
  let [now, most] = [0, 0];
  const go = join(sshd.folder, "go");
  const work = async (connection: Connection) => {
    most = Math.max(most, ++now);
    await connection.exec(`until [ -e ${go} ]; do sleep 0.02; done`);
    now--;
  };
  const working = Promise.all([1, 2, 3, 4, 5].map(() => hosts.use("far", { signal }, work)));
  await until(() => now === 2);
  const looked = await hosts.use("far", { signal, control: true }, (connection) => connection.exec("echo looked"));
  expect([`${looked.stdout}`, now]).toEqual(["looked\n", 2]);
  const stop = new AbortController();
  const waiting = hosts.use("far", { signal: stop.signal }, work);
  stop.abort(new Error("not any more"));
  await expect(waiting).rejects.toThrow("not any more");
  writeFileSync(go, "");
  await working;
  expect(most).toBe(2);
});

test("a connection that was cut is Lost to what ran in it, and made anew for what comes next", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using hosts = connectionsTo(far(sshd), { home });
  await hosts.use("far", { signal }, async (connection) => {
    const [begun, go, mark] = ["begun", "go", "mark"].map((name) => join(sshd.folder, name)) as [
      string,
      string,
      string,
    ];
    const running = connection.exec(`touch ${begun}; until [ -e ${go} ]; do sleep 0.02; done; touch ${mark}`);
    await until(() => existsSync(begun));
    sshd.cut();
    await expect(running).rejects.toThrow(Lost);
    expect(`${(await connection.exec("echo again")).stdout}`).toBe("again\n");
    // What was started goes on there.
    writeFileSync(go, "");
    await until(() => existsSync(mark));
  });
});

test("a half-open connection is found out, and what ran in it is Lost", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using proxy = await startProxy(sshd.port);
  home.trust({ port: proxy.port, hostKey: sshd.hostKey });
  await using hosts = connectionsTo(far({ port: proxy.port, user: sshd.user }), {
    home,
    times: { keepaliveMs: 1_500 },
  });
  await hosts.use("far", { signal }, async (connection) => {
    const stream = await connection.open("echo up; sleep 60");
    stream.stderr.resume();
    await new Promise((resolve) => stream.stdout.once("data", resolve));
    const running = stream.ended;
    proxy.silence();
    await expect(running).rejects.toThrow("the connection was cut: no answer for 6 s");
    await expect(running).rejects.toThrow(Lost);
    proxy.resume();
    expect((await connection.exec("exit 2")).exitCode).toBe(2);
  });
});

test("a connection that nobody uses is closed after a while, and one in use is not", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using hosts = connectionsTo(far(sshd), { home, times: { idleMs: 300 } });
  await hosts.use("far", { signal }, (connection) => connection.exec("sleep 0.8"));
  expect(sshd.sessions().length).toBeGreaterThan(0);
  await until(() => sshd.sessions().length === 0);
  expect((await hosts.use("far", { signal }, (connection) => connection.exec("exit 4"))).exitCode).toBe(4);
  expect(sshd.log().match(/Accepted publickey/g)).toHaveLength(2);
});

test("a connection that is gone unnoticed costs nothing but a new one", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using proxy = await startProxy(sshd.port);
  home.trust({ port: proxy.port, hostKey: sshd.hostKey });
  await using hosts = connectionsTo(far({ port: proxy.port, user: sshd.user }), { home });
  await hosts.use("far", { signal }, (connection) => connection.exec("true"));
  proxy.cut();
  await Bun.sleep(50);
  const { stdout } = await hosts.use("far", { signal }, (connection) => connection.exec("echo new"));
  expect([`${stdout}`, proxy.taken()]).toEqual(["new\n", 2]);
});

test("what certainly never started is NotSent: the connection is gone before the channel was there", async () => {
  const [home, sshd] = await server();
  await using _ = sshd;
  await using proxy = await startProxy(sshd.port);
  home.trust({ port: proxy.port, hostKey: sshd.hostKey });
  await using hosts = connectionsTo(far({ port: proxy.port, user: sshd.user }), { home });
  await hosts.use("far", { signal }, (connection) => connection.exec("true"));
  proxy.silence();
  const asking = hosts.use("far", { signal }, (connection) => connection.exec(`touch ${sshd.folder}/never`));
  await Bun.sleep(100);
  proxy.refuse(true);
  proxy.cut();
  const thrown = await asking.catch((error: unknown) => error);
  // It was tried again by itself, and then there was no way any more.
  expect(String(thrown)).toContain("host far can't be reached");
  expect(existsSync(join(sshd.folder, "never"))).toBe(false);
  expect(new NotSent("x")).toBeInstanceOf(Error);
}, 30_000);
