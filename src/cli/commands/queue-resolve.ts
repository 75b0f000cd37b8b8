import { didYouMean } from "../../core/nearest.ts";
import { problem } from "../../core/problem.ts";
import type { Verdict } from "../../engine/resolve.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { operationId } from "../operation-id.ts";
import { json } from "../output.ts";
import { withControl } from "../owner.ts";
import { whoAsks } from "../who-asks.ts";

const verdicts: readonly Verdict[] = ["done", "not-done", "failed"];

export const resolve: Command = {
  name: "queue resolve",
  takes: "<id>",
  summary: "Say what became of a step that nobody could tell of",
  about: [
    "Look at what the step changes first. When nothing else is unknown the operation goes back into the queue: an agent",
    "carries it on, or garza queue resume does.",
  ].join("\n"),
  options: [
    { flags: "--step <name>", says: "The step, as garza status shows it", needed: true },
    {
      flags: "--as <verdict>",
      says: "done (go on after it), not-done (run it again), failed (roll back)",
      needed: true,
    },
  ],
  examples: ["garza queue resolve op_01JD8Z7Q3K5X9ABCD2 --step migrate --as done"],
  async run(call) {
    const { terminal, flag } = call;
    const step = call.value("step");
    const verdict = readVerdict(call.value("as"));
    if (step === undefined) throw misuse("queue resolve needs --step NAME");
    const places = openPlaces(call);
    const id = operationId(places, call.args[0]);
    const next = await withControl(places, terminal, async (control, agent) => {
      const goesOn = await control.resolve(id, step, verdict, whoAsks(terminal.env));
      if (!goesOn) return { goes_on: false, next: `garza status ${id}` };
      return agent?.workers
        ? { goes_on: true, next: `garza logs ${id} -f` }
        : { goes_on: true, next: `garza queue resume ${id}` };
    });
    if (flag("json")) terminal.out.write(json({ id, ...next }));
    else terminal.out.write(`${next.goes_on ? "Recorded. It goes on: " : "Recorded. More is unknown: "}${next.next}\n`);
    return 0;
  },
};

function readVerdict(typed: string | undefined): Verdict {
  const verdict = verdicts.find((known) => known === typed);
  if (verdict) return verdict;
  throw misuse(
    typed === undefined
      ? `queue resolve needs --as ${verdicts.join("|")}`
      : `--as ${typed} is none of ${verdicts.join(", ")}.${didYouMean(typed, verdicts)}`,
  );
}

const misuse = (message: string) => problem({ kind: "usage", message, hint: "More: garza queue resolve --help" });
