/** A lock, as text and as JSON. */
import { holderToJson } from "../api/wire.ts";
import type { LockView } from "../locks/survey.ts";
import { duration, oneLine, type Paint, time } from "./output.ts";
import { quoted } from "./summary.ts";

/** `hasRemote`: a lock of this machine alone is then one that others do not see. */
export type Shown = { now: number; hasRemote: boolean; paint: Paint };

export function lockJson({ resource, state, holder, unreadable, lost, freeIn, token, waiting }: LockView) {
  return {
    resource,
    state,
    token,
    holder: holder && holderToJson(holder),
    ...(unreadable !== undefined && { unreadable }),
    ...(lost !== undefined && { lost }),
    frees_in_ms: freeIn,
    waiting: waiting.map(({ host, since }) => ({ host, since })),
  };
}

export function lockCells(view: LockView, { now, hasRemote, paint }: Shown): string[] {
  const { resource, holder, waiting, unreadable = "" } = view;
  if (!holder) return [oneLine(resource), paint.bad(view.state), oneLine(unreadable)];
  const { operator, host, label, operation, since, token } = holder;
  const isFile = holder.scope === "file";
  return [
    oneLine(resource),
    scopeOf(view, hasRemote, paint),
    oneLine(`${atHost(operator, host)} (${label ?? operation})`),
    `since ${time(since)}`,
    endOf(view, paint),
    isFile ? "" : `#${token}`,
    waiting.length > 0 ? `waiting: ${oneLine(waiting.map((ticket) => ticket.host).join(", "))}` : "",
  ].map((cell, at) => (at === 3 ? `${cell} (${duration(now - since)})` : cell));
}

/** Who takes a lock by hand is written with the machine already; of another tool no machine is known. */
const atHost = (operator: string, host: string) =>
  host === "" || operator.endsWith(`@${host}`) ? operator : `${operator} on ${host}`;

function scopeOf({ holder }: LockView, hasRemote: boolean, paint: Paint): string {
  if (holder?.scope === "file") return "by file";
  if (holder?.scope !== "local") return "shared";
  return hasRemote ? paint.odd("LOCAL ONLY") : "local";
}

function endOf({ freeIn, lost }: LockView, paint: Paint): string {
  if (lost !== undefined) return paint.odd("lost");
  if (freeIn === null) return "until given back";
  return freeIn > 0 ? `runs out in ${duration(freeIn)}` : paint.odd("has run out");
}

/** Who, where, since when, for what, whether that machine lives, and what can be done. */
export function lockText(view: LockView, shown: Shown): string {
  const { resource, holder, freeIn, waiting, token, lost } = view;
  const { now, hasRemote, paint } = shown;
  const name = paint.strong(oneLine(resource));
  if (view.state === "unreadable") {
    return lines([
      `lock ${name} can't be read: ${oneLine(view.unreadable ?? "")}`,
      ...byForce(resource, "where nobody works on it"),
    ]);
  }
  if (!holder)
    return `lock ${name} is free${token > 0 ? ` (last token ${token})` : "; it was never taken, as far as is known"}\n`;
  const { operator, host, label, operation, step, reason, since, renewed, file } = holder;
  const isOperation = /^op_/.test(operation);
  const facts = [
    ["holder", oneLine(atHost(operator, host))],
    [
      "for",
      oneLine(
        [label ?? operation, label && isOperation ? `(${operation})` : "", step ? `step ${step}` : ""]
          .filter(Boolean)
          .join(" "),
      ),
    ],
    ...(reason === undefined ? [] : [["reason", oneLine(reason)]]),
    [
      "held",
      `${scopeOf(view, hasRemote, paint)}, since ${time(since)} (${duration(now - since)})${file === undefined ? `, token ${token}` : ""}`,
    ],
    ...(file === undefined ? [] : [["file", `${oneLine(file)} in the shared branch, of another tool`]]),
    ...(lost === undefined ? [] : [["lost", `${oneLine(lost)}; only this machine still counts it as held`]]),
    ...(renewed === undefined ? [] : [["seen alive", `${time(renewed)} (${duration(now - renewed)} ago)`]]),
    [
      "ends",
      freeIn === null
        ? file === undefined
          ? "when it is given back"
          : "when the file is no longer in the branch"
        : freeIn > 0
          ? `in ${duration(freeIn)}, unless it is renewed`
          : "has run out: whoever asks next gets it",
    ],
    ...waiting.map((ticket) => ["waiting", `${oneLine(ticket.host)}, since ${time(ticket.since)}`]),
  ];
  const ask =
    file !== undefined
      ? `git log -- ${quoted(file)}, in a clone that is up to date`
      : holder.scope === "away" && isOperation
        ? `on ${oneLine(host)}: garza status ${operation}`
        : isOperation
          ? `garza status ${operation}`
          : `ask ${oneLine(operator)}; it is given back by: garza lock release ${quoted(resource)}`;
  return lines([
    `lock ${name} is held`,
    ...facts.map(([fact = "", says]) => `  ${fact.padEnd(11)} ${says}`),
    `  ${"wait".padEnd(11)} garza lock wait ${quoted(resource)}`,
    `  ${"look".padEnd(11)} ${ask}`,
    ...byForce(
      resource,
      file === undefined
        ? "its holder is stopped and rolls nothing back"
        : "a commit removes the file; the other tool is not told",
    ),
  ]);
}

const byForce = (resource: string, means: string) => [
  `  ${"take away".padEnd(11)} garza lock release ${quoted(resource)} --force   (${means})`,
];
const lines = (all: readonly string[]) => `${all.join("\n")}\n`;
