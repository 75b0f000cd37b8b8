import type { LockView } from "../../locks/survey.ts";
import type { Command } from "../command.ts";
import { lockJson, lockText } from "../lock-text.ts";
import { durationOf, lookAtLocks, lookAtOne, resourceOf } from "../locks.ts";
import { openPlaces } from "../open.ts";
import { json, oneLine, paintFor } from "../output.ts";

export const wait: Command = {
  name: "lock wait",
  takes: "<resource>",
  summary: "Wait until a lock is free, or has run out",
  about:
    "Takes nothing: somebody else may have it a moment later. Exit code 5: it is still held when the time is over.",
  options: [
    { flags: "--timeout <duration>", says: "How long to wait (default 10m)" },
    { flags: "--interval <duration>", says: "How often to look (default 1s, and less and less often)" },
  ],
  examples: ["garza lock wait service-web", "garza lock wait service-web --timeout 1h && ./by-hand.sh"],
  async run(call) {
    const { flag, value, terminal } = call;
    const { clock, out, err, env } = terminal;
    const places = openPlaces(call);
    const resource = resourceOf(call);
    const deadline = clock.monotonic() + durationOf(call, "timeout", 600_000);
    const interval = Math.max(100, durationOf(call, "interval", 1_000));
    const look = () => lookAtLocks(places, terminal, lookAtOne(resource));
    let found = await look();
    const text = () =>
      lockText(found.view, { now: clock.now(), hasRemote: found.hasRemote, paint: paintFor(err, env) });
    if (isHeld(found.view)) err.write(text());
    for (let pause = interval; isHeld(found.view) && clock.monotonic() < deadline; found = await look()) {
      await clock.sleep(Math.min(pause, deadline - clock.monotonic()));
      if (value("interval") === undefined) pause = Math.min(5_000, pause * 1.5);
    }
    if (flag("json")) out.write(json(lockJson(found.view)));
    else if (!isHeld(found.view)) out.write(`lock ${oneLine(resource)} is free\n`);
    else err.write(text());
    return isHeld(found.view) ? 5 : 0;
  },
};

const isHeld = ({ state, freeIn }: LockView) => state !== "free" && freeIn !== 0;
