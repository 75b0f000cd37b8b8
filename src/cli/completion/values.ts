/** Where the words come from that a command or a flag takes. A new one is a line in a table here. */
import { basename, join } from "node:path";
import type { Places } from "../../core/config.ts";
import type { OperationStatus } from "../../core/events.ts";
import { storedSecrets } from "../../core/secrets.ts";
import { type History, openHistory } from "../../queue/history.ts";
import { listBackups } from "../../store/backups.ts";
import { openReadOnly } from "../../store/store.ts";
import type { Command } from "../command.ts";
import { familyOf } from "../family.ts";
import { openTemplates } from "../open.ts";
import { duration } from "../output.ts";
import { statuses } from "../statuses.ts";
import type { Terminal } from "../terminal.ts";
import { stateWords } from "./state-words.ts";
import { hostWords, parameterWords, templateWords } from "./template-words.ts";

/** `says`: what a shell that can shows beside it. */
export type Candidate = { word: string; says?: string };

export type Place = {
  command: Command;
  /** The command's own words before the one that is typed. */
  args: readonly string[];
  before: readonly string[];
  typed: string;
  terminal: Terminal;
  /** Throws `configuration` outside a repository. */
  places(): Places;
};

type Source = (place: Place) => Candidate[] | Promise<Candidate[]>;

/** By the command or flag where that is known, else by what its usage calls the word: `<id>`, `[template]`. */
export const sourceOf = (owner: string, takes: string): Source => owners.get(owner) ?? takings.get(takes) ?? (() => []);

const fixed =
  (...words: string[]): Source =>
  () =>
    words.map((word) => ({ word }));

const secrets: Source = ({ places, args }) =>
  args.length > 0 ? [] : [...storedSecrets(places().data).keys()].map((word) => ({ word }));

const templates: Source = async ({ places, typed }) => templateWords(await openTemplates(places().root), typed);

/** The newest ones; of these statuses alone the command can do something. */
const operations: Source = ({ places, command, terminal }) =>
  withHistory(places(), (history) => {
    const filters = idsOf[command.name]?.map((status) => ({ status, limit: 50 })) ?? [{ limit: 50 }];
    const rows = filters.flatMap((filter) => history.list(filter)).sort((a, b) => b.sequence - a.sequence);
    return rows.slice(0, 50).map(({ id, template, status, queued_at }) => {
      const age = duration(terminal.clock.now() - queued_at);
      return { word: id, says: `${template}, ${status}, ${age} ago` };
    });
  });

const steps: Source = ({ places, args: [id] }) =>
  withHistory(places(), (history) => {
    if (id === undefined) return [];
    const rows = familyOf(history, history.operation(id)).flatMap((each) => history.steps(each.id));
    return rows.map(({ name, step_type, status }) => ({ word: name, says: `${step_type}, ${status}` }));
  });

const paused: Source = ({ places, terminal }) =>
  withHistory(places(), (history) =>
    history
      .stats({ maxConcurrent: 0, workers: 0, now: terminal.clock.now() })
      .paused.flatMap(({ template, by }) => (template === null ? [] : [{ word: template, says: `paused by ${by}` }])),
  );

const statePlaces: Source = ({ places, args, typed }) => stateWords(places().root, args, typed);

/** Those that are known here: nobody is asked while somebody types. */
const resources: Source = ({ places }) => {
  const db = openReadOnly(join(places().data, "garza.db"));
  try {
    const sql = "select resource from lock union select resource from lease order by resource limit 200";
    return db
      ? db
          .query<{ resource: string }, []>(sql)
          .all()
          .map(({ resource }) => ({ word: resource }))
      : [];
  } finally {
    db?.close();
  }
};

const askers: Source = ({ places }) =>
  withHistory(places(), (history) =>
    [...new Set(history.list({ limit: 200 }).map(({ asked_by }) => asked_by))].map((word) => ({ word })),
  );

function recoverWords(
  places: Places,
  [host, ...given]: readonly string[],
  typed: string,
): Candidate[] | Promise<Candidate[]> {
  return host === undefined ? hostWords(places.root) : parameterWords(places, "recovery/ssh-lost", given, typed);
}

function withHistory(places: Places, read: (history: History) => Candidate[]): Candidate[] {
  const history = openHistory(places);
  try {
    return history ? read(history) : [];
  } finally {
    history?.close();
  }
}

const owners: ReadonlyMap<string, Source> = new Map<string, Source>([
  ["--template", templates],
  ["--step", steps],
  ["--on", ({ places, command }) => [...hostWords(places().root), ...(command.onAll ? [{ word: "all" }] : [])]],
  ["--priority", fixed(..."0123456789")],
  ["--by", askers],
  ["ssh", ({ places, args }) => (args.length > 0 ? [] : hostWords(places().root))],
  ["ssh recover", ({ places, args, typed }) => recoverWords(places(), args, typed)],
  ["secret set", secrets],
  ["secret remove", secrets],
  ["queue unpause", paused],
  ...["get", "set", "delete", "history"].map((word): [string, Source] => [`state ${word}`, statePlaces]),
  ["backup restore", ({ places }) => listBackups(places().data).map(({ file }) => ({ word: basename(file) }))],
]);

const takings: ReadonlyMap<string, Source> = new Map<string, Source>([
  ["id", operations],
  ["template", templates],
  ["templates", templates],
  [
    "parameters",
    async ({ places, args: [name = "", ...given], typed }) => parameterWords(places(), name, given, typed),
  ],
  ["status", fixed(...statuses)],
  ["step", steps],
  ["resource", resources],
  ["verdict", fixed("done", "not-done", "failed")],
  ["shell", fixed("bash", "fish", "zsh")],
  ["host", ({ places }) => hostWords(places().root)],
  ["hosts", ({ places }) => hostWords(places().root)],
]);

const idsOf: Readonly<Record<string, readonly OperationStatus[]>> = {
  "queue cancel": ["running", "queued", "interrupted"],
  "queue retry": ["failed", "cancelled", "success"],
  "queue resume": ["interrupted", "running", "queued"],
  "queue resolve": ["interrupted"],
  "queue rollback": ["failed", "cancelled", "interrupted"],
};
