/** A connection on which nothing is heard any more, though nobody has closed it, while something there is to be stopped. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { Lost } from "../../src/hosts/connection.ts";
import { connectionsTo, oneHost } from "../support/connections.ts";
import { sshHome, startSshd } from "../support/sshd.ts";
import { startProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/temporary.ts";

const signal = new AbortController().signal;

async function behindProxy() {
  const stack = new AsyncDisposableStack();
  const home = stack.use(sshHome());
  const sshd = stack.use(await startSshd({ accepts: home }));
  const proxy = stack.use(await startProxy(sshd.port));
  home.trust({ port: proxy.port, hostKey: sshd.hostKey });
  return { home, sshd, proxy, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("a stop goes by another connection where nothing is heard on this one, which is given up then", async () => {
  await using behind = await behindProxy();
  const { home, sshd, proxy } = behind;
  // Nobody asks by itself whether the other side is still there, and the second connection has all the time it wants.
  const times = { keepaliveMs: 3_600_000, silentMs: 200 };
  let quick = 1;
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, stop) => systemClock.sleep((ms === 200 || ms === 400) && quick-- <= 0 ? 3_600_000 : ms, stop),
  };
  await using hosts = connectionsTo(oneHost({ port: proxy.port, user: sshd.user }), { home, times, clock });
  await hosts.use("far", { signal }, async (connection) => {
    const stream = await connection.open("echo up; sleep 60");
    stream.stderr.resume();
    await new Promise((resolve) => stream.stdout.once("data", resolve));
    proxy.strand();
    const { stdout } = await hosts.use("far", { signal, control: true }, (other) => other.exec("echo stopped"));
    expect(`${stdout}`).toBe("stopped\n");
    await expect(stream.ended).rejects.toThrow(Lost);
    expect(proxy.taken()).toBe(2);
    expect(`${(await connection.exec("echo again")).stdout}`).toBe("again\n");
    expect(proxy.taken()).toBe(2);
  });
});

test("a connection that was only slow is used again, and nothing that was asked of it too late is run", async () => {
  await using behind = await behindProxy();
  const { home, sshd, proxy } = behind;
  const times = { keepaliveMs: 3_600_000, silentMs: 200 };
  await using hosts = connectionsTo(oneHost({ port: proxy.port, user: sshd.user }), { home, times });
  const mark = join(sshd.folder, "mark");
  await hosts.use("far", { signal }, async (connection) => {
    const running = connection.exec("sleep 1; echo done");
    await until(() => sshd.sessions().length > 0);
    proxy.silence();
    proxy.refuse(true);
    const stop = hosts.use("far", { signal, control: true }, (other) =>
      other.exec("exec /bin/sh -c 'p=$(cat) && eval \"$p\"'", { stdin: `echo x >>${mark}` }),
    );
    // It has asked for another connection, and got none.
    await until(() => proxy.taken() > 1);
    proxy.resume();
    expect((await stop).exitCode).toBe(0);
    expect(`${(await running).stdout}`).toBe("done\n");
    expect(readFileSync(mark, "utf8")).toBe("x\n");
  });
});

test("a line on which something comes is not given up, however long a stop waits for its channel there", async () => {
  await using behind = await behindProxy();
  const { home, sshd, proxy } = behind;
  const times = { keepaliveMs: 3_600_000, silentMs: 3_000 };
  await using hosts = connectionsTo(oneHost({ port: proxy.port, user: sshd.user }), { home, times });
  await hosts.use("far", { signal }, async (connection) => {
    const running = connection.exec("for n in $(seq 100); do echo $n; sleep 0.05; done");
    await until(() => sshd.sessions().length > 0);
    // A channel takes four of them, and more, as they come one after the other.
    proxy.delay(1_000);
    const stopped = await hosts.use("far", { signal, control: true }, (other) => other.exec("echo stopped"));
    expect([`${stopped.stdout}`, proxy.taken()]).toEqual(["stopped\n", 1]);
    proxy.delay(0);
    expect(`${(await running).stdout}`.split("\n")).toHaveLength(101);
  });
});

test("what nothing was sent of yet is given up at once, and never run", async () => {
  await using behind = await behindProxy();
  const { home, sshd, proxy } = behind;
  const times = { keepaliveMs: 3_600_000 };
  await using hosts = connectionsTo(oneHost({ port: proxy.port, user: sshd.user }), { home, times });
  const mark = join(sshd.folder, "mark");
  await hosts.use("far", { signal }, async (connection) => {
    await connection.exec("true");
    proxy.silence();
    const quit = new AbortController();
    const waiting = connection.exec("exec sh", { stdin: `touch ${mark}\n`, quits: quit.signal });
    quit.abort(new Error("not any more"));
    await expect(waiting).rejects.toThrow("not any more");
    proxy.resume();
    expect((await connection.exec("true")).exitCode).toBe(0);
    expect(existsSync(mark)).toBe(false);
  });
});
