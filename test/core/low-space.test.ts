import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../src/core/clock.ts";
import { childEnvironment } from "../../src/core/environment.ts";
import { stepToken } from "../../src/core/ids.ts";
import { defaultLimits } from "../../src/core/output/cap.ts";
import { type LowSpace, watchSpace } from "../../src/core/output/space.ts";
import { readEvidence } from "../../src/core/process/evidence.ts";
import { attachProcess, type ProcessStart, startProcess } from "../../src/core/spawn.ts";
import { sandbox, until } from "../support/temporary.ts";

const root = sandbox();
const MiB = 2 ** 20;

describe("looking at the space", () => {
  function watched(minFree: number) {
    const file = join(root, `${stepToken()}.out`);
    writeFileSync(file, "");
    let time = 0;
    const state = { free: 0, isOn: false };
    const told: LowSpace[] = [];
    const clock: Clock = { now: () => 0, monotonic: () => time, sleep: () => Promise.reject(new Error("no sleep")) };
    const pause = {
      isOn: () => state.isOn,
      begin() {
        state.isOn = true;
      },
      end() {
        state.isOn = false;
      },
    };
    const freeAt = () => state.free;
    const space = watchSpace({ files: [file], minFree, pause, onChange: (low) => told.push(low), clock, freeAt });
    /** Writes, and looks after that many milliseconds with so much left. */
    function then(bytes: number, ms: number, free: number) {
      appendFileSync(file, Buffer.alloc(bytes));
      time += ms;
      state.free = free;
      space.look();
      return state.isOn;
    }
    return { then, told, space };
  }

  test("pauses who writes much while there is little, and goes on when there is a little more than that", () => {
    const { then, told } = watched(800);
    expect(then(2 * MiB, 1_000, 800)).toBe(false);
    expect(then(2 * MiB, 1_000, 799)).toBe(true);
    expect(then(0, 1_000, 899)).toBe(true);
    expect(then(0, 1_000, 900)).toBe(false);
    expect(told).toEqual([
      { paused: true, free: 799 },
      { paused: false, free: 900 },
    ]);
  });

  test("leaves alone who writes little, and looks once a second at most", () => {
    const { then } = watched(800);
    expect(then(MiB, 1_000, 0)).toBe(false);
    expect(then(2 * MiB, 999, 0)).toBe(false);
    expect(then(0, 1, 0)).toBe(true);
  });

  test("pauses nobody any more who is being ended", () => {
    const { then, space } = watched(800);
    space.stop();
    expect(then(2 * MiB, 1_000, 0)).toBe(false);
  });
});

describe("a process whose output fills the disk", () => {
  const flood = (first = ":"): ProcessStart & { told: LowSpace[] } => {
    const folder = join(root, "run", stepToken());
    const told: LowSpace[] = [];
    const script = `${first}; head -c 20000000 /dev/zero; until [ -e ${folder}.go ]; do echo more; sleep 0.01; done`;
    return {
      folder,
      run: { script, interpreter: ["/bin/sh"] },
      directory: root,
      env: childEnvironment({ PATH: process.env.PATH }),
      out: `${folder}.out`,
      err: `${folder}.err`,
      limits: { ...defaultLimits, minFree: 2 ** 60 },
      onLowSpace: (low) => told.push(low),
      told,
    };
  };
  const stateOf = (pid: number) => /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  const isPaused = (start: ProcessStart) => existsSync(join(start.folder, "paused"));

  test("is paused and told, goes on under an agent that finds room, and ends as ever", async () => {
    const start = flood();
    const running = startProcess(start);
    await until(() => start.told.length > 0);
    expect(start.told).toEqual([{ paused: true, free: expect.any(Number) }]);
    await until(() => stateOf(running.pid) === "T");

    const evidence = await readEvidence(start.folder);
    if (evidence.state !== "running") throw new Error(evidence.state);
    const told: LowSpace[] = [];
    const limits = { ...defaultLimits, minFree: 0 };
    const attached = attachProcess(evidence.handle, { ...start, limits, onLowSpace: (low) => told.push(low) });
    await until(() => told.length > 0);
    expect(told[0]?.paused).toBe(false);
    writeFileSync(`${start.folder}.go`, "");
    expect(await attached.exited).toEqual({ exitCode: 0, signal: null, remaining: [], lapsed: false });
    await running.exited;
    expect(isPaused(start)).toBe(false);
  });

  test("can be ended while it is paused", async () => {
    const start = flood("trap 'exit 9' TERM");
    const running = startProcess(start);
    await until(() => isPaused(start));
    expect(await running.terminate(20_000)).toEqual({ escaped: [] });
    expect((await running.exited).exitCode).toBe(9);
    expect(isPaused(start)).toBe(false);
  });
});
