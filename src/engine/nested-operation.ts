/** `load_operation`: another template, run within this operation, its locks and its worker, with a journal of its own. */
import { GarzaError, messageOf, problem } from "../core/problem.ts";
import type { Mapping } from "../core/value.ts";
import { isEmpty } from "../core/value.ts";
import { type Around, begin } from "./begin.ts";
import { execute } from "./execute.ts";
import { forgetSecrets } from "./forget-secrets.ts";
import type { Attempt } from "./journal/journal.ts";
import { keep } from "./parameter-secrets.ts";
import { Unknown } from "./past.ts";
import { recorded } from "./stand-back.ts";
import { findTemplate, prepare } from "./submit.ts";

const deepest = 8;

type Request = { template: string; parameters: Mapping; execute: boolean };
type Loaded = { status: "success" | "failed"; message: string; id: string | null };

/** Never throws a problem of the child: its failure is the answer. A cancel waits for the child's own way back. */
export async function loadOperation(
  around: Around,
  attempt: Attempt,
  signal: AbortSignal,
  request: Request,
): Promise<Loaded> {
  try {
    return await run(around, attempt, signal, request);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    return { status: "failed", message: thrown.message, id: null };
  }
}

async function run(around: Around, attempt: Attempt, signal: AbortSignal, request: Request): Promise<Loaded> {
  const { run: parent } = around;
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
  if (!earlier) {
    keep(world.places.data, submission.id, secrets);
    await recorded(world.queue.submit([submission]));
  }
  const claimed = await recorded(world.queue.claim((earlier ?? submission).id, world.claimant));
  const child = await begin(world, claimed, around);
  const stop = () => child.stop.abort(problem({ kind: "cancelled", by: `operation ${parent.id}` }));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const lose = () => child.lost.abort(parent.lost.signal.reason);
  if (parent.lost.signal.aborted) lose();
  parent.lost.signal.addEventListener("abort", lose, { once: true });
  const outcome = await recorded(execute(child)).finally(() => {
    parent.lost.signal.removeEventListener("abort", lose);
    signal.removeEventListener("abort", stop);
  });
  parent.bug ??= outcome.bug;
  if (outcome.status === "interrupted") throw new Unknown(outcome.failed_step ?? attempt.name);
  await forgetSecrets(world.queue, world.places.data, child.id);
  const why = outcome.status === "cancelled" && signal.aborted ? messageOf(signal.reason) : outcome.error;
  return loaded(outcome.status === "success", why, child.id);
}

const loaded = (isSuccess: boolean, error: string | null, id: string): Loaded => ({
  status: isSuccess ? "success" : "failed",
  message: error ?? "",
  id,
});
