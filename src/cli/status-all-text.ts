/** `garza status` as one screen: whoever reads only this knows what happened and what to type. */
import { duration, oneLine, type Paint, table, time } from "./output.ts";
import { cutLines, fittedCells, isNarrow, type RowLook } from "./rows.ts";
import { look as lookAt, type Overview } from "./status-all.ts";

/** `width` in columns; infinite where nobody looks. */
export type OverviewLook = RowLook;

/** Lines of each section, of the rest the number is told (`around`: of locks and of services); and whether it says what to type for those in need. */
export type Limits = {
  running: number;
  attention: number;
  queued: number;
  ended: number;
  around: number;
  advice: boolean;
};

export const usual: Limits = { running: 10, attention: 10, queued: 5, ended: 10, around: 10, advice: true };

export function overviewText(overview: Overview, look: OverviewLook, limits = usual): string {
  const { running, queued, attention, unseen, last, stats } = overview;
  const { paint } = look;
  // What has begun and waits for somebody is told as such.
  const waiting = stats.queued - attention.filter(({ operation }) => operation.status === "queued").length;
  const needy = attention.slice(0, limits.attention).map((each) => needs(each, look, limits.advice));
  const section = (title: string, cells: string[][], of: { all: number; limit: number; list: string }) => {
    if (of.all === 0) return "";
    const lines = indent(table(cells.slice(0, of.limit))).split("\n");
    const cut = lines.map((line) => cutLines(line, look));
    const shown = Math.min(cells.length, of.limit);
    return [paint.strong(title), ...(shown > 0 ? cut : []), ...rest(of.all - shown, of.list)].join("\n");
  };
  const blocks = [
    [
      agentText(overview, look),
      ...fullText(overview, paint),
      ...stats.paused.map((pause) => pausedText(pause, look)),
    ].join("\n"),
    section("Running", runningCells(running, look.now), {
      all: running.length,
      limit: limits.running,
      list: "garza queue list running",
    }),
    attention.length > 0 &&
      [
        paint.odd("Needs attention"),
        ...needy,
        ...rest(
          attention.length + unseen - needy.length,
          limits.advice ? "garza history --status interrupted" : "garza status",
        ),
      ].join("\n"),
    section(`Queued (${waiting})`, queuedCells(queued, look), {
      all: queued.length && waiting,
      limit: limits.queued,
      list: "garza queue list queued",
    }),
    section("Locks", lockCells(overview.locks), {
      all: limits.around && overview.locks.length,
      limit: limits.around,
      list: "garza lock list",
    }),
    limits.around > 0 && owedText(overview),
    section("Services", serviceCells(overview.services, look), {
      all: limits.around && overview.services.length,
      limit: limits.around,
      list: "garza status --json",
    }),
    section(
      "Ended",
      last.map((row) => fittedCells(row, look)),
      { all: Math.min(last.length, limits.ended), limit: limits.ended, list: "" },
    ),
  ];
  const isNew = !overview.agent && [running, queued, attention, last].every(({ length }) => length === 0);
  if (isNew) blocks.push(neverRun);
  return `${blocks.filter(Boolean).join("\n\n")}\n`;
}

export const neverRun = "Nothing has run here yet. Try: garza run demo/hello";

const fullText = ({ fullDisk }: Overview, paint: Paint): string[] =>
  fullDisk === null
    ? []
    : [
        `${paint.bad("Disk full")} at ${fullDisk}: nothing is begun or accepted. Free 32 MiB or more there, and it goes on`,
      ];

function agentText({ agent, running, attention, stats }: Overview, look: OverviewLook): string {
  const { paint, now, width } = look;
  const title = paint.strong("Agent");
  if (agent) {
    const { command, pid, since, workers } = agent;
    const name = command === "garza run" ? "garza run, for what is submitted while it lasts" : command;
    const busy = `${running.length} of ${workers} ${workers === 1 ? "worker" : "workers"} busy`;
    const age = duration(now - since);
    if (isNarrow(look)) return `${title}  ${command}, for ${age}, ${busy}`;
    const lasts = width < 100 ? `for ${age}` : `since ${time(since)} (${age})`;
    return `${title}  ${name} (process ${pid}), ${lasts}, ${busy}`;
  }
  const left = attention.filter(({ operation: { status } }) => status === "running").length;
  const waiting = stats.queued + left;
  if (waiting === 0) return `${title}  none runs; garza run works without`;
  const many = waiting === 1 ? "1 operation waits" : `${waiting} operations wait`;
  return withCommand(`${title}  ${paint.odd(`none runs, and ${many} for one`)}`, "Start it: garza agent", look);
}

function pausedText({ template, by, since, reason }: Overview["stats"]["paused"][number], look: OverviewLook): string {
  const why = reason === null ? "" : ` (${oneLine(reason)})`;
  const what = template === null ? "the queue" : oneLine(template);
  const undo = `garza queue unpause${template === null ? "" : ` ${oneLine(template)}`}`;
  const paused = `${look.paint.odd("Paused")} ${what}, by ${oneLine(by)} since ${time(since)}${why}`;
  return withCommand(paused, `Go on: ${undo}`, look);
}

/** What to type stands in a line of its own where both don't fit. */
function withCommand(sentence: string, next: string, look: OverviewLook): string {
  return Bun.stringWidth(sentence) + 2 + Bun.stringWidth(next) <= look.width
    ? `${sentence}. ${next}`
    : `${wrap(sentence, "", look)}\n  ${next}`;
}

function lockCells(locks: Overview["locks"]): string[][] {
  return locks.map(({ resource, operator, host, operation, since, scope, expires }) => [
    oneLine(resource),
    `${oneLine(operator)}${scope === "away" ? ` on ${oneLine(host)}` : ""}`,
    oneLine(operation),
    `since ${time(since)}`,
    expires === undefined ? "" : `until ${time(expires)}, unless it is renewed`,
  ]);
}

function owedText({ owed: { locks, changes } }: Overview): string {
  const parts = [
    ...(locks > 0 ? [`${locks} ${locks === 1 ? "lock that was" : "locks that were"} given back`] : []),
    ...(changes > 0 ? [`${changes} ${changes === 1 ? "change" : "changes"} of state files`] : []),
  ];
  return parts.length === 0
    ? ""
    : `Other machines are still to be told of ${parts.join(" and ")}. Do it now: garza state sync`;
}

function serviceCells(services: Overview["services"], look: OverviewLook): string[][] {
  return services.map(({ name, last }) => [
    oneLine(name),
    ...(last ? fittedCells(last, look).slice(1) : ["nothing was done about it here lately"]),
  ]);
}

const rest = (count: number, all: string) => (count > 0 ? [`  … and ${count} more: ${all}`] : []);

function runningCells(running: Overview["running"], now: number): string[][] {
  return running.map(({ operation: { id, template, started_at }, step }) => [
    id,
    oneLine(template),
    duration(now - (started_at ?? now)),
    step
      ? `step ${oneLine(step.name)} for ${duration(now - step.started_at)}${step.more > 0 ? `, and ${step.more} more` : ""}`
      : "between steps",
  ]);
}

function queuedCells(queued: Overview["queued"], look: OverviewLook): string[][] {
  return queued.map(({ operation: { id, template, priority, queued_at }, waiting }) => [
    id,
    oneLine(template),
    ...(isNarrow(look) ? [] : [`priority ${priority}`]),
    duration(look.now - queued_at),
    oneLine(waiting ?? ""),
  ]);
}

function needs({ operation, why, next }: Overview["attention"][number], look: OverviewLook, advice: boolean): string {
  const cells = fittedCells(operation, look, operation.status !== "running").filter(Boolean);
  const commands: [string, string][] = [...next, ["details:", lookAt(operation)]];
  return [
    cutLines(`  ${cells.join("  ")}`, look),
    wrap(oneLine(why), "    ", look),
    ...(advice ? [adviceText(commands, look)] : []),
  ].join("\n");
}

/** A command is never cut: where there is no room beside what it is for, it stands below. */
function adviceText(commands: [string, string][], { width }: OverviewLook): string {
  const beside = table(commands.map(([what, typed]) => [`    ${what}`, typed])).split("\n");
  const lines = commands.map(([what, typed], at) => {
    const line = beside[at] ?? "";
    return Bun.stringWidth(line) <= width ? line : `    ${what}\n      ${typed}`;
  });
  return lines.join("\n");
}

const wrap = (text: string, before: string, { width }: OverviewLook) =>
  (Number.isFinite(width) ? Bun.wrapAnsi(text, Math.max(10, width - before.length)) : text).replace(/^/gm, before);

const indent = (text: string) => text.replace(/^/gm, "  ");
