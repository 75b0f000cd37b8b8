import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { problemOf, tryHost } from "../support/connections.ts";
import { mentioning } from "../support/processes.ts";
import { sshHome } from "../support/sshd.ts";
import { until } from "../support/temporary.ts";

test("an OpenSSH whose configuration hangs is told as such, and nothing of it stays", async () => {
  using home = sshHome();
  writeFileSync(join(home.folder, ".ssh/config"), 'Match exec "sleep 3600.25"\n  User me\n');
  const { connections, done } = tryHost(
    "hosts: { far: { local: false, primary: { host: 127.0.0.1, port: 1 } } }",
    home,
  );
  await using _ = connections;
  expect(await problemOf(done)).toMatchObject({
    kind: "host-unreachable",
    routes: [{ why: "ssh -G 127.0.0.1 took longer than 10 s" }],
  });
  await until(() => mentioning("3600.25").length === 0);
}, 60_000);
