import { elsewhere } from "../steps/here.ts";
import { checkKind } from "../template/check-kind.ts";
import { configure } from "./configure.ts";
import type { Reached } from "./reached.ts";
import { runCheckCommand } from "./spawn.ts";

/** What a step's `check` says: whether its effect is there already. Undefined: it has none. */
export async function isThere(reached: Pick<Reached, "step" | "type" | "frame" | "rendering">) {
  const { step, frame, rendering } = reached;
  const { check } = step.options;
  if (check === undefined) return undefined;
  if (checkKind(check) === "condition") return rendering.condition(check);
  return runCheckCommand(frame, rendering.shell(check), whereTo(reached));
}

/** What a step does on another machine is looked for there. */
function whereTo({ step, type, rendering, frame }: Pick<Reached, "step" | "type" | "rendering" | "frame">) {
  if (!doneThere.has(step.type)) return undefined;
  const { host } = configure(step, type, rendering) as { host?: string };
  return elsewhere(host, frame.run.world);
}

/** Step types whose effect is on their `host`. */
export const doneThere: ReadonlySet<string> = new Set(["ssh_command", "script", "upload"]);

export const thereAlready = "its check says that the effect is there already";
