/** A process that is to end in the moment in which it begins. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { childEnvironment } from "../../src/core/environment.ts";
import { stepToken } from "../../src/core/ids.ts";
import { startProcess } from "../../src/core/spawn.ts";
import { sandbox } from "../support/temporary.ts";

const root = sandbox();

test("it ends at once, wherever its wrapper is by then, and is not waited for to be killed", async () => {
  for (let delayMs = 0; delayMs < 20; delayMs += 0.5) {
    const folder = join(root, "run", stepToken());
    const env = childEnvironment({ PATH: process.env.PATH });
    const run = { script: "sleep 600", interpreter: ["/bin/sh"] } as const;
    const started = startProcess({ folder, directory: root, env, out: `${folder}.out`, err: `${folder}.err`, run });
    await Bun.sleep(delayMs);
    // An hour that the test does not have.
    expect(await started.terminate(3_600_000)).toEqual({ escaped: [] });
    await started.exited.catch(() => {});
  }
}, 60_000);
