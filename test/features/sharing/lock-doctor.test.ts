/** `garza lock doctor`: what is wrong with shared locks, and what it mends at the remote. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { placeOf } from "../../../src/git/left-locks.ts";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";
import { sshHome, startSshd } from "../../support/sshd.ts";
import { sshLogin } from "../../support/transports.ts";

const doctor = (box: Sandbox, ...more: string[]) => box.garza("lock", "doctor", ...more);

/** As a push leaves it whose receive-pack was killed, so many minutes ago. */
function leave({ remote }: Machines, name: string, minutes: number): string {
  const file = join(remote, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "");
  const at = Date.now() / 1000 - minutes * 60;
  utimesSync(file, at, at);
  return file;
}

test("all is well, until a lock has run out, one can't be read, and one was taken away unseen", async () => {
  await using at = await machines(2, { files: { "garza.yml": "locks: { grace: 0s, max_skew: 0s }\n" } });
  const [one, two] = at.all as [Sandbox, Sandbox];
  const well = await doctor(one);
  expect([well.exitCode, well.stdout.replace(/^ok +remote.*\n/, "")]).toEqual([
    0,
    "ok  locks        none is held\nok  left behind  no push that was killed has left a lock file at the remote\n\n3 ok, 0 to look at, 0 failed\n",
  ]);
  await one.garza("lock", "acquire", "mine", "--ttl", "1h");
  await two.garza("lock", "acquire", "theirs", "--ttl", "1s");
  expect((await doctor(two)).stdout).toMatch(/^ok +locks +2 held, and in order$|^warn +lock theirs/m);
  const broken = await at.shared("commit-tree", "-m", "{", "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  await at.shared("update-ref", "refs/garza/locks/torn", broken);
  await at.shared("update-ref", "-d", "refs/garza/locks/mine");
  await one.garza("lock", "wait", "theirs");
  const ill = await doctor(one);
  expect(ill.exitCode).toBe(1);
  for (const line of [
    /^warn +lock mine +tester@\S+ works under it here, and has lost it: somebody deleted its ref at the remote$/m,
    /^warn +lock theirs +its time is over, and nobody has taken it since: tester@/m,
    /^FAIL +lock torn +its record can't be read: its commit holds no record\n +-> Where nobody works on it: garza lock release torn --force$/m,
  ])
    expect(ill.stdout).toMatch(line);
  expect(JSON.parse((await doctor(one, "--json")).stdout)).toContainEqual(
    expect.objectContaining({ level: "fail", check: "lock torn" }),
  );
  await at.git(one, "remote", "set-url", "origin", join(one.folder, "nowhere.git"));
  const away = await doctor(one);
  expect([away.exitCode, away.stdout]).toEqual([
    1,
    expect.stringMatching(/^warn +locks +they can't be looked at now: /m),
  ]);
});

test("files of killed pushes are shown, and removed when that is agreed to: old ones, there, and no others", async () => {
  await using at = await machines(1);
  const [one] = at.all as [Sandbox];
  const name = "refs/garza/locks/db.lock";
  const old = leave(at, name, 11);
  const kept = [
    leave(at, "refs/garza/locks/new.lock", 9),
    leave(at, "config.lock", 60),
    leave(at, "objects/x.lock", 60),
    leave(at, "hooks/x.lock", 60),
  ];
  const outside = join(at.remote, "..", "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "x.lock"), "");
  utimesSync(join(outside, "x.lock"), 1, 1);
  symlinkSync(outside, join(at.remote, "refs", "linked"));
  const shown = await doctor(one);
  expect([shown.exitCode, shown.stdout]).toEqual([
    1,
    expect.stringMatching(
      /^FAIL +left behind +a push that was killed has left refs\/garza\/locks\/db\.lock at the remote: /m,
    ),
  ]);
  expect(existsSync(old)).toBe(true);
  expect((await one.garza("lock", "acquire", "other")).exitCode).toBe(0);
  const mended = await doctor(one, "--yes");
  expect([mended.exitCode, mended.stderr]).toEqual([0, `removed  ${name} at the remote\n`]);
  expect([old, ...kept, join(outside, "x.lock")].map((file) => existsSync(file))).toEqual([
    false,
    true,
    true,
    true,
    true,
    true,
  ]);
  expect((await one.garza("lock", "acquire", "db")).exitCode).toBe(0);
});

test("over ssh they are looked for on that host, and a host without a shell is told of", async () => {
  using home = sshHome();
  await using sshd = await startSshd({ accepts: home });
  home.trust(sshd);
  await using at = await machines(1, { env: { ...sshLogin(home), SSH_AUTH_SOCK: "" } });
  const [one] = at.all as [Sandbox];
  await at.git(one, "remote", "set-url", "origin", `ssh://${sshd.user}@127.0.0.1:${sshd.port}${at.remote}`);
  const old = leave(at, "packed-refs.lock", 20);
  expect((await doctor(one)).stdout).toMatch(/^FAIL +left behind .* has left packed-refs\.lock at the remote/m);
  expect(existsSync(old)).toBe(true);
  expect(await doctor(one, "--yes")).toMatchObject({
    exitCode: 0,
    stderr: "removed  packed-refs.lock at the remote\n",
  });
  expect(existsSync(old)).toBe(false);
  await using closed = await startSshd({ accepts: home, config: ["ForceCommand echo no shell for you"] });
  home.trust(closed);
  await at.git(one, "remote", "set-url", "origin", `ssh://${closed.user}@127.0.0.1:${closed.port}${at.remote}`);
  expect((await doctor(one)).stdout).toMatch(
    /^ok +left behind .* can't be seen from here \(no shell for you\); there: for d in /m,
  );
});

test("a lock file that is tracked is no lock, and is told of where such files don't count", async () => {
  const text = "operator: bob\ntimestamp: 2026-01-02T03:04:05Z\noperation: deploy\n";
  await using at = await machines(1, { files: { "infra/state/locks/web.lock": text } });
  const [one] = at.all as [Sandbox];
  expect((await doctor(one)).stdout).toMatch(
    /^warn +legacy +infra\/state\/locks\/web\.lock is tracked, and is no lock here\n/m,
  );
  await one.write("garza.yml", "locks: { legacy: honor }\n");
  const honored = (await doctor(one)).stdout;
  expect(honored).not.toContain("legacy");
  expect(honored).toMatch(/^ok +locks +1 held, and in order$/m);
});

test.each([
  ["/srv/a b.git", { directory: "/srv/a b.git" }],
  ["file:///srv/a%20b.git", { directory: "/srv/a b.git" }],
  ["ssh://git@h/srv/r", { directory: "/srv/r", login: { host: "git@h" } }],
  ["ssh://git@h:22/srv/r%25", { directory: "/srv/r%", login: { host: "git@h", port: "22" } }],
  ["ssh://git@[::1]:22/~/r", { directory: "r", login: { host: "git@::1", port: "22" } }],
  ["git@h:r.git", { directory: "r.git", login: { host: "git@h" } }],
  ["h:/srv/r", { directory: "/srv/r", login: { host: "h" } }],
  ["https://h/r.git", undefined],
  ["git://h/r.git", undefined],
])("%s", (url, place) => expect(placeOf(url)).toEqual(place as ReturnType<typeof placeOf>));
