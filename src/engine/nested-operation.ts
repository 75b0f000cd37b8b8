/** `load_operation`: another template, run within this operation, its locks and its worker, with a journal of its own. */
import { GarzaError, messageOf, problem } from "../core/problem.ts";
import type { Mapping } from "../core/value.ts";
import { isEmpty } from "../core/value.ts";
import { execute } from "./execute.ts";
import { forgetSecrets } from "./forget-secrets.ts";
import type { Attempt } from "./journal/journal.ts";
import { keep } from "./parameter-secrets.ts";
import { pastOf, Unknown } from "./past.ts";
import { newRun, type Run } from "./run.ts";
import { findTemplate, prepare } from "./submit.ts";

const deepest = 8;

type Request = { template: string; parameters: Mapping; execute: boolean };
type Loaded = { status: "success" | "failed"; message: string; id: string | null };

/** Never throws a problem of the child: its failure is the answer. A cancel waits for the child's own way back. */
export async function loadOperation(
  parent: Run,
  attempt: Attempt,
  signal: AbortSignal,
  request: Request,
): Promise<Loaded> {
  try {
    return await run(parent, attempt, signal, request);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    return { status: "failed", message: thrown.message, id: null };
  }
}

async function run(parent: Run, attempt: Attempt, signal: AbortSignal, request: Request): Promise<Loaded> {
  const { world } = parent;
  if (parent.lineage.length + 1 > deepest) {
    return { status: "failed", message: `operations are nested more than ${deepest} deep`, id: null };
  }
  // A further attempt is another operation; the same attempt after a crash is the same one.
  const step = `${attempt.key}@${attempt.attempt}`;
  const source = findTemplate(world, request.template, parent.attached);
  const given = Object.entries(request.parameters).filter(([, value]) => !isEmpty(value));
  const prepared = prepare(world, source, {
    parameters: Object.fromEntries(given.map(([name, json]) => [name, { json }])),
    askedBy: parent.askedBy,
    priority: 5,
    parent: { id: parent.id, step },
  });
  if (!request.execute) return { status: "success", message: "valid", id: null };

  const earlier = world.queue.child(parent.id, step);
  if (earlier?.ended_at) return loaded(earlier.status === "success", earlier.error, earlier.id);
  const { submission, secrets } = prepared;
  for (const value of secrets.values()) world.masker.add(value);
  if (!earlier) {
    keep(world.places.data, submission.id, secrets);
    await world.queue.submit(submission);
  }
  const claim = await world.queue.claim(earlier ?? submission, world.claimant);
  const child = newRun({
    ...prepared.start,
    world,
    claim,
    lineage: [parent.id, ...parent.lineage],
    startedAt: earlier?.started_at ?? world.clock.now(),
    ...(earlier && { past: pastOf(earlier, world.queue.steps(earlier.id)) }),
  });
  const stop = () => child.stop.abort(problem({ kind: "cancelled", by: `operation ${parent.id}` }));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const outcome = await execute(child);
  signal.removeEventListener("abort", stop);
  parent.bug ??= outcome.bug;
  if (outcome.status === "interrupted") throw new Unknown(outcome.failed_step ?? attempt.name);
  await forgetSecrets(world.queue, world.places.data, claim.id);
  const why = outcome.status === "cancelled" && signal.aborted ? messageOf(signal.reason) : outcome.error;
  return loaded(outcome.status === "success", why, claim.id);
}

const loaded = (isSuccess: boolean, error: string | null, id: string): Loaded => ({
  status: isSuccess ? "success" : "failed",
  message: error ?? "",
  id,
});
