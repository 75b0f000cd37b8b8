/** Holds a whole group up without ending it, in a way that the next agent finds and can end. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessHandle } from "./evidence.ts";
import { signalGroup } from "./group.ts";

export type Pause = { isOn(): boolean; begin(): void; end(): void };

/** `paused` in the run folder tells it from a group that a person has stopped, and that is not ours to continue. */
export function pauseOf({ folder, group }: ProcessHandle): Pause {
  const mark = join(folder, "paused");
  return {
    isOn: () => existsSync(mark),
    begin() {
      // Said before it is done: nobody would continue a group that was stopped by an agent which then died.
      writeFileSync(mark, "", { mode: 0o600 });
      signalGroup(group, "SIGSTOP");
    },
    end() {
      signalGroup(group, "SIGCONT");
      rmSync(mark, { force: true });
    },
  };
}
