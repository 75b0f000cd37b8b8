/** A wall clock that is set forward and back by hours while an agent runs, and between two of them. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../support/temporary.ts";
import { can, counts, faultyBox, lines, startAgent, stop, submit } from "./rig.ts";

const library = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
  .map((machine) => `/usr/lib/${machine}/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));
const canSetClock = library !== undefined && can("true");
const hourMs = 3_600_000;

const waiting = `
operation: {name: waiting, type: maintain, description: Waits for a while}
steps:
  - {name: pause, type: delay, duration: 1500ms}
  - {name: work, type: command, command: "until test -e go; do sleep 0.05; done", timeout: 5m}
`;

/** The clock of everything that is started in it is off by what `set` says. Durations are not faked. */
async function boxWithClock() {
  const box = await faultyBox({ files: { "operations/t/waiting.yml": waiting } });
  const file = join(box.folder, "offset");
  // Never empty in between.
  const set = (offset: string) => {
    writeFileSync(`${file}.new`, offset);
    renameSync(`${file}.new`, file);
  };
  set("+0");
  Object.assign(box.env, {
    LD_PRELOAD: library ?? "",
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  });
  return { box, set };
}

/** The times at the beginning of the agent's lines. */
const times = (text: string) =>
  text
    .split("\n")
    .filter((line) => /^\d{4}-/.test(line))
    .map((line) => Date.parse(line.slice(0, 24)));

test.skipIf(!canSetClock)(
  "delays and time limits go on as they were, and the jump is told",
  async () => {
    const { box, set } = await boxWithClock();
    await using _ = box;
    const agent = await startAgent(box);
    const { body } = await submit(box, "t/waiting");
    await agent.says("step pause started");
    set("+5h");
    await agent.says("the clock jumped forward by 18000 s");
    await agent.says("step work started");
    set("-5h");
    await agent.says("the clock jumped back by 36000 s");
    writeFileSync(join(box.root, "go"), "");
    await agent.says("ended: success");
    // A control: it was its clock that was set.
    const told = times(agent.stderr());
    expect(Math.max(...told) - Math.min(...told)).toBeGreaterThan(9 * hourMs);
    expect(readFileSync(join(box.folder, "offset"), "utf8")).toBe("-5h");
    expect(agent.stderr()).toMatch(/ended: success, \d+(\.\d)? s/);
    expect((await box.garza("status", body.id ?? "")).stdout).not.toMatch(/-\d+(\.\d+)? (ms|s|min|h)\b/);
    expect((await stop(agent)).exitCode).toBe(0);
  },
  30_000,
);

test.skipIf(!canSetClock)(
  "what is due by the clock is begun when the clock gets there",
  async () => {
    const { box, set } = await boxWithClock();
    await using _ = box;
    const agent = await startAgent(box);
    await submit(box, { template: "t/quick", not_before: Date.now() + 2 * hourMs });
    await submit(box, { template: "t/slow", not_before: Date.now() + 2 * hourMs, not_after: Date.now() + 3 * hourMs });
    expect(await counts(box)).toMatchObject({ queued: 2 });
    set("+4h");
    await agent.says("ended: success");
    await agent.says("expired");
    expect(await counts(box)).toMatchObject({ queued: 0, success: 1, failed: 1 });
    expect((await stop(agent)).exitCode).toBe(0);
  },
  30_000,
);

test.skipIf(!canSetClock)(
  "after a step back between two agents the order is that of submission",
  async () => {
    const { box, set } = await boxWithClock();
    await using _ = box;
    const first = await startAgent(box);
    const slow = await submit(box, "t/slow");
    await until(() => existsSync(join(box.root, "effects")));
    first.signal("SIGKILL");
    await first.ended;
    set("-30h");
    const next = await startAgent(box);
    const ids = [slow.body.id, (await submit(box, "t/quick")).body.id, (await submit(box, "t/quick")).body.id];
    writeFileSync(join(box.root, "go"), "");
    await until(() => next.stderr().split("ended: success").length === 4);
    const { stdout } = await box.garza("history", "--json");
    const listed = JSON.parse(stdout) as { operations?: { id: string }[] } | { id: string }[];
    const found = (Array.isArray(listed) ? listed : (listed.operations ?? [])).map(({ id }) => id);
    expect(found.toReversed()).toEqual(ids as string[]);
    expect(await lines(box, "effects")).toEqual(["one", "went", "two"]);
    expect((await stop(next)).exitCode).toBe(0);
  },
  30_000,
);
