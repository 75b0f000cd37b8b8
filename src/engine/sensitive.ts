/**
 * What a `sensitive` step gave: later steps use it, nothing shows it, and the journal does not have it. It lies
 * beside the secret parameters, so that the operation can be carried on.
 */
import { isMapping } from "../core/value.ts";
import type { StepOutcome } from "../steps/step.ts";
import type { Ended } from "./conclude.ts";
import { keepStep, keptStep, secretTexts } from "./parameter-secrets.ts";
import type { Reached } from "./reached.ts";

/** Why it failed may quote what it printed: only how it ended is told. */
export function withoutItsWords(outcome: StepOutcome): StepOutcome {
  if (outcome.kind !== "failed") return outcome;
  const { exit_code: exit, code } = outcome.record ?? {};
  const how = exit !== undefined ? `exit code ${exit}` : code !== undefined ? `status ${code}` : "it failed";
  return { ...outcome, message: `${how} (sensitive: what it said is not shown)` };
}

/** From here on it may appear in any output. */
export function hide({ options, frame, identity }: Reached, { value, sets, record }: Ended): void {
  if (!options.sensitive) return;
  const { run } = frame;
  const kept = { value, sets, record: Object.fromEntries(Object.entries(record).filter(([key]) => said.has(key))) };
  for (const text of secretTexts(kept)) run.world.masker.add(text);
  keepStep(run.world.places.data, run.id, identity.key, kept);
}

/** Fields of a record that come from outside. */
const said: ReadonlySet<string> = new Set(["stdout", "stderr", "body", "json"]);

/** The recorded end, with what was kept aside; as it was recorded where that is lost. */
export function unhide({ options, frame, identity }: Reached, ended: Ended): Ended {
  const { run } = frame;
  const kept = options.sensitive && keptStep(run.world.places.data, run.id, identity.key);
  if (!kept) return ended;
  for (const text of secretTexts(kept)) run.world.masker.add(text);
  const { value = null, sets, record } = kept;
  return {
    ...ended,
    value,
    sets: isMapping(sets) ? sets : {},
    record: { ...ended.record, value, ...(isMapping(record) && record) },
  };
}
