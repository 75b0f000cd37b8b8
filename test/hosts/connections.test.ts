import { expect, test } from "bun:test";
import { connectionsTo } from "../support/connections.ts";
import { sshHome, startSshd } from "../support/sshd.ts";

const signal = new AbortController().signal;

test("a command runs on a host, with its exit, its streams and its input", async () => {
  using home = sshHome();
  await using server = await startSshd({ accepts: home, env: { GREETING: "hello there" } });
  home.trust(server);
  const { port, user } = server;
  await using hosts = connectionsTo(
    `hosts: { far: { local: false, primary: { host: 127.0.0.1, port: ${port}, user: ${user} } } }`,
    { home },
  );
  const result = await hosts.use("far", { signal }, async (far) => {
    expect([far.host, far.route, far.takesInput]).toEqual(["far", "primary", true]);
    return far.exec('cat; echo "$GREETING" >&2; exit 3', { stdin: "in" });
  });
  expect({ ...result, stdout: `${result.stdout}`, stderr: `${result.stderr}` }).toEqual({
    exitCode: 3,
    signal: null,
    stdout: "in",
    stderr: "hello there\n",
  });
});
