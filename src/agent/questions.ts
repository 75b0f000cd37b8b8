/** The answers about the repository and this machine: templates, locks, state, hosts, services, output. */
import type { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Questions } from "../api/questions.ts";
import { nearest } from "../core/nearest.ts";
import { outputFile } from "../core/output.ts";
import { GarzaError, problem } from "../core/problem.ts";
import { showSafe } from "../core/redact.ts";
import type { Mapping, Value } from "../core/value.ts";
import type { World } from "../engine/world.ts";
import { holdersIn } from "../locks/holders.ts";
import { stepDocument } from "../queue/documents.ts";
import type { History } from "../queue/history.ts";
import type { StepRow } from "../queue/rows.ts";
import { openReadOnly } from "../store/store.ts";
import { plainPath } from "../template/plain-path.ts";
import { readPrinted } from "./printed.ts";
import { maskerFor, shownStep } from "./shown-secrets.ts";
import { openTemplateAnswers } from "./template-answers.ts";
import { registries } from "./world.ts";

export type QuestionsRequest = { world: World; history: History; isFull(): boolean };

/** Bytes of output in one answer. */
const longestStretch = 2 ** 20;

export function openQuestions({ world, history, isFull }: QuestionsRequest): Questions {
  const { places, env, state, locks, hostName } = world;
  const environment = { env, platform: process.platform };
  /** What was learnt since the start, and what was stored since. */
  const shown = <Answer extends object>(answer: Answer) =>
    world.masker.maskValue(maskerFor(places, [], environment).maskValue(answer as Value)) as Answer;
  const fromDatabase = <Answer>(read: (db: Database) => Answer, none: Answer): Answer => {
    const db = openReadOnly(join(places.data, "garza.db"));
    try {
      return db ? read(db) : none;
    } finally {
      db?.close();
    }
  };

  /** What other machines have; where they can't be asked, what was heard last counts. */
  const lookAround = async () => {
    try {
      await locks.lookAround();
    } catch (thrown) {
      if (!(thrown instanceof GarzaError)) throw thrown;
    }
  };

  return {
    async steps(id) {
      const row = history.operation(id);
      const mask = shownStep(maskerFor(places, [row], environment));
      return history.steps(row.id).map((step) => stepDocument(mask(step)));
    },

    async output(id, { step, attempt, stream, from }) {
      const operation = history.operation(id);
      const row = findStep(history.steps(operation.id), step, attempt);
      const isOver = row.status !== "running";
      const file = outputFile(places.data, operation.id, row.sequence, stream);
      const masker = maskerFor(places, [operation], environment);
      const { text, to } = readPrinted(file, { from, limit: longestStretch, isOver, masker });
      return { text, position: to, isOver: isOver && to - from < longestStretch };
    },

    ...openTemplateAnswers(world, shown),

    async locks() {
      await lookAround();
      return shown(fromDatabase((db) => holdersIn(db, hostName), []));
    },
    async lock(resource) {
      await lookAround();
      const holder = await locks.holder(resource);
      return holder ? shown(holder) : null;
    },

    async state(file, path) {
      return shown(await state.get(file, plainPath(path))).map((place) => ({ ...place, path: place.path || "." }));
    },

    async hosts() {
      const { inventory } = registries(world);
      return shown(inventory.names().map((name) => inventory.find(name)));
    },

    async services() {
      const { services } = registries(world);
      const all = services.names().map((name): Mapping => ({ ...services.entry(name), name }));
      return shown({
        services: all,
        groups: services.groupNames().map((name) => ({ name, services: services.group(name) })),
      });
    },

    condition: async () => ({
      running: history.list({ status: "running", limit: 1000 }).length,
      storage_full: isFull(),
      paused: fromDatabase((db) => db.query("select 1 from pause where template = ''").get() !== null, false),
    }),
  };
}

function findStep(rows: readonly StepRow[], step: string, attempt: number | undefined): StepRow {
  const named = rows.filter(({ name, key }) => name === step || key === step);
  const found = named.findLast((row) => attempt === undefined || row.attempt === attempt);
  if (found) return found;
  if (named.length > 0)
    throw problem({
      kind: "usage",
      message: `step ${showSafe(step)} has had ${named.length} attempts, no number ${attempt}`,
    });
  const near = nearest(step, new Set(rows.map(({ name }) => name)), 3);
  throw problem({
    kind: "usage",
    message: `the operation ran no step ${JSON.stringify(step)}`,
    ...(near.length > 0 && { hint: `Nearest: ${showSafe(near.join(", "))}` }),
  });
}
