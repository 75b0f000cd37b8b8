/** A context's `spawn` as the engine does it: the real wrapper, output in files. */
import { join } from "node:path";
import { childEnvironment } from "../../src/core/environment.ts";
import { stepToken } from "../../src/core/ids.ts";
import { readOutput } from "../../src/core/output.ts";
import { startProcess } from "../../src/core/spawn.ts";
import type { StepContext } from "../../src/steps/step.ts";

export function wrappedSpawn(runs: string, base: Readonly<Record<string, string>>): StepContext["spawn"] {
  return async (request) => {
    if ("host" in request) throw new Error("this test reaches no other machines");
    const { run, directory, env, stdin, inheritFd } = request;
    const folder = join(runs, stepToken());
    const running = startProcess({
      folder,
      run:
        "script" in run ? { script: run.script.text, interpreter: [run.shell] } : { argv: [run.program, ...run.args] },
      directory,
      env: childEnvironment(base, env),
      ...(stdin !== undefined && { stdin }),
      ...(inheritFd !== undefined && { inheritFd }),
      out: `${folder}.out`,
      err: `${folder}.err`,
    });
    const { exitCode, signal } = await running.exited;
    return { exitCode, signal, stdout: readOutput(`${folder}.out`).text, stderr: readOutput(`${folder}.err`).text };
  };
}
