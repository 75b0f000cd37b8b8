import { holderToJson } from "../../api/wire.ts";
import { GarzaError, problem } from "../../core/problem.ts";
import type { LockHolder } from "../../locks/locks.ts";
import type { Call, Command } from "../command.ts";
import { durationOf, resourceOf } from "../locks.ts";
import { openPlaces } from "../open.ts";
import { duration, json, oneLine } from "../output.ts";
import { withControl } from "../owner.ts";
import { quoted } from "../summary.ts";
import { whoAsks } from "../who-asks.ts";

export const acquire: Command = {
  name: "lock acquire",
  takes: "<resource>",
  summary: "Take a lock by hand, so that no operation works on the resource",
  about: [
    "It is yours (user@machine) until you give it back: garza lock release RESOURCE. An agent on this machine renews it;",
    "without one other machines may take it when its time is over. Prints the fencing token. Exit code 5: another has it.",
  ].join("\n"),
  options: [
    { flags: "--ttl <duration>", says: "How long it holds without being renewed (default 10m)" },
    { flags: "--wait <duration>", says: "How long to wait for it (default: not at all)" },
    { flags: "--reason <text>", says: "Why, for those who find it locked" },
    { flags: "--offline", says: "Take it on this machine alone, where no agent runs: others do not see it" },
  ],
  examples: [
    'garza lock acquire service-web --reason "disk is being replaced"',
    "garza lock acquire db --wait 5m --ttl 1h",
  ],
  async run(call) {
    const { flag, terminal } = call;
    const resource = resourceOf(call);
    const holder = await take(call, resource);
    const { token, scope, expires } = holder;
    if (flag("json")) terminal.out.write(json({ resource, token, holder: holderToJson(holder) }));
    else {
      terminal.out.write(`${token}\n`);
      // On this machine only force takes it away, whatever its time.
      const until =
        expires === undefined || scope === "local"
          ? ""
          : `, for ${duration(expires - terminal.clock.now())} unless an agent renews it`;
      terminal.err.write(
        `lock ${oneLine(resource)} is yours ${scope === "shared" ? "against all machines" : "on this machine"}${until}. Give it back: garza lock release ${quoted(resource)}\n`,
      );
    }
    return 0;
  },
};

/** Longer than this no single request waits. */
const sliceMs = 20_000;

/** An agent waits for us. Without one we ask again and again: whoever owns the data folder meanwhile would be in others' way. */
async function take(call: Call, resource: string): Promise<LockHolder> {
  const { flag, value, terminal } = call;
  const { clock } = terminal;
  const places = openPlaces(call);
  const ttlMs = durationOf(call, "ttl", 600_000);
  if (ttlMs < 1_000) throw problem({ kind: "usage", message: "--ttl needs a second at least" });
  const deadline = clock.monotonic() + durationOf(call, "wait", 0);
  const reason = value("reason");
  let isTold = false;
  for (let pause = 250; ; pause = Math.min(5_000, pause * 1.5)) {
    let waited = 0;
    try {
      return await withControl(
        places,
        terminal,
        (control, agent) => {
          waited = agent ? Math.max(0, Math.min(sliceMs, deadline - clock.monotonic())) : 0;
          const by = whoAsks(terminal.env);
          const seconds = { ttlSeconds: Math.ceil(ttlMs / 1_000), waitSeconds: waited / 1_000 };
          return control.acquireLock({ resource, by, ...(reason !== undefined && { reason }), ...seconds });
        },
        flag("offline"),
      );
    } catch (thrown) {
      const left = deadline - clock.monotonic();
      if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "lock-held" || left <= 0) throw thrown;
      if (!isTold) terminal.err.write(`waiting: ${oneLine(thrown.message)}\n`);
      isTold = true;
      if (waited === 0) await clock.sleep(Math.min(left, pause));
    }
  }
}
