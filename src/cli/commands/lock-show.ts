import { nearest } from "../../core/nearest.ts";
import { surveyLocks } from "../../locks/survey.ts";
import type { Command } from "../command.ts";
import { lockJson, lockText } from "../lock-text.ts";
import { lookAtLocks, lookAtOne, resourceOf } from "../locks.ts";
import { openPlaces } from "../open.ts";
import { json, oneLine, paintFor } from "../output.ts";

export const show: Command = {
  name: "lock show",
  takes: "<resource>",
  summary: "Who has a lock, since when and for what, whether that machine lives, and what can be done",
  options: [],
  examples: ["garza lock show service-web", "garza lock show service-web --json | jq .holder"],
  async run(call) {
    const { flag, terminal } = call;
    const { clock, env, out, err } = terminal;
    const resource = resourceOf(call);
    const { view, hasRemote, near } = await lookAtLocks(openPlaces(call), terminal, async (surveyor) => {
      const one = await lookAtOne(resource)(surveyor);
      const isUnknown = one.view.state === "free" && one.view.token === 0;
      const held = isUnknown ? (await surveyLocks(surveyor)).map((each) => each.resource) : [];
      return { ...one, near: nearest(resource, held) };
    });
    if (flag("json")) out.write(json(lockJson(view)));
    else out.write(lockText(view, { now: clock.now(), hasRemote, paint: paintFor(out, env) }));
    if (near.length > 0) err.write(`Did you mean ${oneLine(near.join(", "))}? It is held.\n`);
    return 0;
  },
};
