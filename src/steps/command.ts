import { z } from "zod";
import { runShell, shellFaults, shellKeys, shellLanguages, showShell, statesExpectation } from "./shell-command.ts";
import { defineStep } from "./step.ts";

export const command = defineStep({
  summary: "Run a command, or several, on this machine.",
  schema: z.strictObject(shellKeys),
  languages: shellLanguages,
  places: ["directory"],
  worksOn: () => [null],
  asks: statesExpectation,
  faults: shellFaults,
  effect: "changes",
  resumes: true,
  plan: (config, context) => showShell(config, context),
  run: (config, context) => runShell(config, context),
});
