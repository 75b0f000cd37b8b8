/** What can be asked of the owner of the data folder, done: see api/control.ts. */
import type { Accepted, Control } from "../api/control.ts";
import { GarzaError, problem } from "../core/problem.ts";
import type { Mapping } from "../core/value.ts";
import { forgetSecrets } from "../engine/forget-secrets.ts";
import { keep, restore } from "../engine/parameter-secrets.ts";
import { beginAgain, openSteps, resolveStep } from "../engine/resolve.ts";
import { type Prepared, prepare } from "../engine/submit.ts";
import type { World } from "../engine/world.ts";
import type { EventLog } from "../queue/event-log.ts";
import type { History } from "../queue/history.ts";
import type { OperationRow } from "../queue/rows.ts";
import type { TemplateSource } from "../template/library.ts";
import type { Given } from "../template/parameters.ts";
import { follow } from "./follow.ts";
import { openHandLocks } from "./hand-locks.ts";
import { openMasks } from "./masks.ts";
import { prepareAll } from "./prepare-all.ts";
import { openQuestions } from "./questions.ts";
import { watch } from "./watch.ts";
import { registries } from "./world.ts";

export type ControlRequest = {
  world: World;
  events: EventLog;
  history: History;
  isFull(): boolean;
  /** The queue has changed. Without workers nothing comes of it. */
  onChange(): void;
  onAccepted(id: string): void;
  onCancel(id: string, by: string): void;
};

export function openControl(request: ControlRequest): Control {
  const { world, events, history, isFull, onChange, onAccepted, onCancel } = request;
  const { queue, places } = world;

  const accept = async (prepared: readonly Prepared[]): Promise<Accepted[]> => {
    if (isFull()) throw problem({ kind: "storage-full", where: places.data });
    // Before the journal has it: no accepted operation lacks its secrets.
    for (const { submission, secrets } of prepared) keep(places.data, submission.id, secrets);
    const accepted = await queue.submit(prepared.map(({ submission }) => submission)).catch(asUnknown);
    // Read once: whoever begins them finds the template at hand.
    for (const { submission, template } of prepared) world.templates(submission.template_hash, () => template);
    for (const { id } of accepted) onAccepted(id);
    onChange();
    for (const [index, { id }] of accepted.entries()) {
      const made = prepared[index]?.submission.id;
      // Its key had an operation already.
      if (made !== undefined && made !== id) await forgetSecrets(queue, places.data, made);
    }
    return accepted.map((each, index) => ({ ...each, warnings: prepared[index]?.warnings ?? [] }));
  };

  const acceptOne = async (prepared: Prepared): Promise<Accepted> => {
    const [accepted] = await accept([prepared]);
    if (!accepted) throw new Error("nothing was accepted");
    return accepted;
  };

  /** The same request once more; `changes` tells what of it differs. */
  const again = (row: OperationRow, by: string, changes: Partial<Prepared["submission"]>): Prepared => {
    const prepared = prepare({ ...world, ...registries(world) }, sourceOf(world, row, changes), {
      parameters: givenAgain(places.data, row),
      askedBy: by,
      priority: row.priority,
      parent: null,
      timeout: row.timeout ?? undefined,
    });
    return { ...prepared, submission: { ...prepared.submission, ...changes } };
  };

  const control: Control = {
    ...openQuestions({ world, history, isFull }),
    ...openHandLocks(world.locks),

    submit: async (wanted) => accept(prepareAll(world, wanted)),

    async cancel(typed, by) {
      const { id } = history.operation(typed);
      const hasEnded = await queue.requestCancel(id, by);
      if (hasEnded) await forgetSecrets(queue, places.data, id);
      else {
        // It takes the way back, whoever was to run it.
        onAccepted(id);
        onCancel(id, by);
      }
      onChange();
    },

    async retry(typed, by) {
      const row = history.operation(typed);
      const { id, ended_at, parent } = row;
      if (parent !== null) throw within(id, parent, "retry");
      if (ended_at === null) throw notEnded(row);
      return acceptOne(again(row, by, { retry_of: id }));
    },

    async resume(typed, by, from) {
      const { id, status, parent } = history.operation(typed);
      if (from !== undefined && status === "interrupted") await beginAgain(world, id, from);
      // One that its process left behind is in the queue already.
      if (status !== "queued" || parent !== null) await queue.resume(id, by);
      onAccepted(id);
      onChange();
    },

    async resolve(typed, step, verdict, by) {
      const { id } = history.operation(typed);
      await resolveStep(world, id, step, verdict);
      const top = topOf(history, id);
      if (openSteps(world, top).length > 0) return false;
      // One that its process left behind is in the queue already.
      if (history.operation(top).status === "interrupted") await queue.resume(top, by);
      onAccepted(top);
      onChange();
      return true;
    },

    async rollback(typed, by) {
      const asked = history.operation(typed);
      const row = asked.rollback_of === null ? asked : history.operation(asked.rollback_of);
      const { id, status, rollback, parent } = row;
      if (parent !== null) throw within(id, parent, "rollback");
      if (status === "interrupted") {
        for (const open of openSteps(world, id)) await resolveStep(world, open.operation, open.key, "failed");
        await queue.requestCancel(id, by);
        onAccepted(id);
        onChange();
        return id;
      }
      if (row.ended_at === null) throw notEnded(row);
      const before = queue.rollbacksOf(id);
      const unended = before.find(({ ended_at }) => ended_at === null);
      if (unended) throw notEnded(unended);
      const isBack = rollback === "done" || before.some((each) => each.rollback === "done");
      if (status === "success" || isBack) throw nothingToGoBack(row, isBack);
      return (await acceptOne(again(row, by, { rollback_of: id }))).id;
    },

    async pause(template, by, reason) {
      const name = template === null ? "" : world.library.find(template).name;
      await queue.pause({ template: name, by, reason, since: world.clock.now() });
    },

    async unpause(template) {
      const name = template === null ? "" : nameOf(world, template);
      const was = await queue.unpause(name);
      onChange();
      return was;
    },

    syncState: () => world.sharing.sync(),

    follow(typed, after, signal) {
      const { id } = history.operation(typed);
      return follow({ events, history, id, after: new Map([[id, after]]), signal });
    },

    watch(typed, { after = "0", output = false, signal = new AbortController().signal }) {
      const masks = openMasks(places, history, world.env);
      const { id } = history.operation(typed);
      return watch({ events, history, id, after, signal, masks, output: output ? places.data : null });
    },
  };
  return control;
}

/** After a failed fsync nobody can tell what is on the disk: to submit again could mean to run it twice. */
function asUnknown(thrown: unknown): never {
  if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "input-output") throw thrown;
  const next = "Look before you submit it again: garza history";
  throw problem({ kind: "outcome-unknown", what: "this", why: thrown.message, next }, thrown);
}

/** What rolls back is what ran; what runs again is the template as it is now. */
function sourceOf(world: World, row: OperationRow, changes: { rollback_of?: string | null }): TemplateSource {
  const accepted = { name: row.template, file: row.template, text: row.template_text };
  if (changes.rollback_of) return accepted;
  try {
    return world.library.find(row.template);
  } catch (thrown) {
    // It was sent as a text, or is gone from the repository.
    if (thrown instanceof GarzaError) return accepted;
    throw thrown;
  }
}

function givenAgain(data: string, { id, parameters }: OperationRow): Record<string, Given> {
  const stored = JSON.parse(parameters) as Mapping;
  const entries = Object.entries(restore(data, id, stored));
  const lost = entries.find(([name, value]) => value === null && stored[name] !== null);
  if (lost) {
    throw problem({
      kind: "busy",
      what: `the secret parameter ${lost[0]} of ${id} was forgotten when it ended`,
      next: "Submit it again with its value",
    });
  }
  return Object.fromEntries(entries.map(([name, json]) => [name, { json }]));
}

/** A template that is gone can still be unpaused. */
function nameOf(world: World, template: string): string {
  try {
    return world.library.find(template).name;
  } catch (thrown) {
    if (thrown instanceof GarzaError) return template;
    throw thrown;
  }
}

function topOf(history: History, id: string): string {
  const { parent } = history.operation(id);
  return parent === null ? id : topOf(history, parent);
}

const notEnded = ({ id, status }: OperationRow) =>
  problem({ kind: "busy", what: `operation ${id} has not ended (${status})`, next: `Look: garza status ${id}` });

const within = (id: string, parent: string, command: string) =>
  problem({ kind: "busy", what: `${id} runs within ${parent}`, next: `garza queue ${command} ${parent}` });

const nothingToGoBack = ({ id, status }: OperationRow, isBack: boolean) =>
  problem({
    kind: "busy",
    what: `operation ${id} ended as ${status}${isBack ? " and was rolled back" : ""}: there is nothing to go back on`,
    next: `Look: garza status ${id}`,
  });
