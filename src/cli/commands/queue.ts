import { didYouMean } from "../../core/nearest.ts";
import { problem } from "../../core/problem.ts";
import type { Verdict } from "../../engine/carry-on.ts";
import { openHistory } from "../../queue/history.ts";
import type { Call, Command } from "../command.ts";
import { exitOf } from "../exit-of.ts";
import { resumeForeground } from "../foreground.ts";
import { openPlaces } from "../open.ts";

export const resume: Command = {
  name: "queue resume",
  takes: "<id>",
  summary: "Carry on an interrupted operation",
  about: [
    "Steps whose result was recorded are not run again. A step that was running is judged by what it left behind;",
    "where that tells nothing the operation stays interrupted, and garza queue resolve settles it.",
  ].join("\n"),
  options: [{ flags: "--yes", says: "Answer yes where a person would be asked" }],
  examples: ["garza queue resume op_01JD8Z7Q3K5X9ABCD2"],
  async run(call) {
    return exitOf(await resumeForeground(operationOf(call), settingsOf(call)));
  },
};

const verdicts: readonly Verdict[] = ["done", "not-done", "failed"];

export const resolve: Command = {
  name: "queue resolve",
  takes: "<id>",
  summary: "Say what became of a step that nobody could tell of",
  about: "Look at what the step changes first. The operation is carried on from there.",
  options: [
    { flags: "--step <name>", says: "The step, as garza status shows it" },
    { flags: "--as <verdict>", says: "done (go on after it), not-done (run it again), failed (roll back)" },
    { flags: "--yes", says: "Answer yes where a person would be asked" },
  ],
  examples: ["garza queue resolve op_01JD8Z7Q3K5X9ABCD2 --step migrate --as done"],
  async run(call) {
    const step = call.value("step");
    const verdict = readVerdict(call.value("as"));
    if (step === undefined) throw misuse("queue resolve needs --step NAME");
    const id = operationOf(call);
    return exitOf(await resumeForeground(id, settingsOf(call), (foreground) => foreground.resolve(id, step, verdict)));
  },
};

function operationOf(call: Call): string {
  const typed = call.args[0] ?? "";
  const history = openHistory(openPlaces(call));
  if (!history) throw problem({ kind: "operation-unknown", id: typed });
  const { id } = history.operation(typed);
  history.close();
  return id;
}

function settingsOf(call: Call) {
  return { places: openPlaces(call), terminal: call.terminal, json: call.flag("json"), yes: call.flag("yes") };
}

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
