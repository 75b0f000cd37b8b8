import { describe, exitCode, GarzaError } from "../../core/problem.ts";
import { knownLocks, surveyLocks } from "../../locks/survey.ts";
import type { Command } from "../command.ts";
import { lockCells, lockJson } from "../lock-text.ts";
import { lookAtLocks } from "../locks.ts";
import { openPlaces } from "../open.ts";
import { json, paintFor, table } from "../output.ts";

export const list: Command = {
  name: "lock list",
  takes: "",
  summary: "The locks that are held, here and by other machines",
  about: "Where the remote can't be reached, what is known here is listed, and the exit code is 69.",
  options: [],
  examples: ["garza lock list", "garza lock list --json | jq -r .locks[].resource"],
  async run(call) {
    const { flag, terminal } = call;
    const { clock, env, out, err } = terminal;
    const found = await lookAtLocks(openPlaces(call), terminal, async (surveyor) => {
      const hasRemote = surveyor.remote !== undefined;
      try {
        return { views: await surveyLocks(surveyor), hasRemote, trouble: null };
      } catch (thrown) {
        if (!(thrown instanceof GarzaError)) throw thrown;
        return { views: knownLocks(surveyor), hasRemote, trouble: thrown.problem };
      }
    });
    const { views, hasRemote, trouble } = found;
    if (flag("json")) out.write(json({ locks: views.map(lockJson), complete: trouble === null }));
    else if (views.length > 0) {
      const shown = { now: clock.now(), hasRemote, paint: paintFor(out, env) };
      out.write(`${table(views.map((view) => lockCells(view, shown)))}\n`);
    } else err.write("No lock is held.\n");
    if (!trouble) return 0;
    err.write(`garza: only what is known here: ${describe(trouble)}\n`);
    return exitCode(trouble);
  },
};
