/** A place in a text: 1-based line and column; `excerpt` is that line. */
export type Place = { file: string; line: number; column: number; excerpt?: string };

/** One fault of a template, or a warning about it. `code` is stable (`unknown-key`, `E_BACKTICK`, …). */
export type Fault = Place & { severity: "error" | "warning"; code: string; message: string; hint?: string };

/** The key that a host shows; `address` is what it is known by. */
type HostKey = { host: string; address: string; type: string; fingerprint: string };

/** The problem's row: exit status, HTTP status, and its text (what happened; where; what to do next). */
const define = <Data extends object>(exit: number, http: number, say: (data: Data) => string) => ({ exit, http, say });

/** Every problem GARZA can report. A new one is a new row here. */
export const problems = {
  usage: define(2, 400, (p: { message: string; hint?: string }) => withHint(p.message, p.hint)),
  "template-invalid": define(3, 422, (p: { faults: Fault[] }) => p.faults.map(showFault).join("\n\n")),
  "template-unknown": define(
    3,
    404,
    (p: { name: string; nearest: string[] }) =>
      `there is no template ${p.name}.${p.nearest.length ? ` Nearest: ${p.nearest.join(", ")}.` : ""} List them: garza template list`,
  ),
  "template-unreadable": define(3, 422, (p: { name: string; why: string }) => `template ${p.name}: ${p.why}`),
  parameters: define(2, 422, (p: { faults: string[]; usage: string }) => `${p.faults.join("\n")}\nUsage: ${p.usage}`),
  "value-refused": define(2, 422, (p: { code: string; where: string; message: string; hint?: string }) =>
    withHint(`${p.code} in ${p.where}: ${p.message}`, p.hint),
  ),
  "prerequisite-failed": define(4, 409, (p: { failures: { check: string; why: string; hint?: string }[] }) =>
    p.failures.map((f) => withHint(`prerequisite not met: ${f.check} (${f.why})`, f.hint)).join("\n"),
  ),
  "step-failed": define(1, 409, (p: { step: string; message: string }) => `step ${p.step} failed: ${p.message}`),
  "timed-out": define(1, 409, (p: { what: string; seconds: number }) => `${p.what} took longer than ${p.seconds} s`),
  cancelled: define(6, 409, (p: { by: string }) => `cancelled by ${p.by}`),
  "crash-loop": define(
    1,
    409,
    /** `times` is 0 where nobody counted: the step was given up before. */
    (p: { step: string; times: number }) =>
      `the process that ran it died ${p.times ? `${p.times} times in a row ` : ""}in step ${p.step}`,
  ),
  "rolled-back": define(1, 409, (p: { operation: string; by: string }) => `${p.by} asked to roll back ${p.operation}`),
  interrupted: define(
    7,
    409,
    (p: { operation: string; step: string }) =>
      `operation ${p.operation} was interrupted in step ${p.step}. Look: garza status ${p.operation}`,
  ),
  "lock-held": define(
    5,
    409,
    /** `host`, `until`: of another machine's. `file`: another tool's, in the shared branch. */
    (p: {
      resource: string;
      holder: string;
      since: string;
      operation: string;
      host?: string;
      until?: string;
      file?: string;
    }) =>
      p.file !== undefined
        ? `lock ${p.resource} is held by ${p.holder} since ${p.since}, by another tool: ${p.file} is in the shared branch. Wait for it, or look: garza lock show ${p.resource}`
        : p.host === undefined
          ? `lock ${p.resource} is held by ${p.holder} (operation ${p.operation}) since ${p.since}. Wait for it, or look: garza status ${p.operation}`
          : `lock ${p.resource} is held by ${p.holder} on ${p.host} since ${p.since} (until ${p.until}, unless it is renewed). Wait for it, or look: garza lock show ${p.resource}`,
  ),
  "lock-lost": define(
    5,
    409,
    (p: { resource: string; why: string; operation: string }) =>
      `lock ${p.resource} was lost: ${p.why}. What it had begun was stopped, and nothing was rolled back, as another may work there now`,
  ),
  "lock-moved": define(
    7,
    409,
    (p: { resource: string; operation: string; why: string }) =>
      `operation ${p.operation} no longer has lock ${p.resource}: ${p.why}. Look at what was done meanwhile: garza lock history ${p.resource}`,
  ),
  "state-conflict": define(
    1,
    409,
    /** `against`: the branch as git calls it here. */
    (p: { file: string; paths: string[]; against: string }) =>
      `${p.file}: ${p.paths.slice(0, 5).join(", ")} was changed here and elsewhere, so nothing was pushed. Look: git fetch && garza state diff ${p.against}; then change it here to what it should be`,
  ),
  "remote-unreachable": define(69, 502, (p: { remote: string; why: string; hint?: string }) =>
    withHint(`the remote ${p.remote} can't be reached: ${p.why}`, p.hint),
  ),
  "remote-refused": define(69, 502, (p: { remote: string; why: string; hint?: string }) =>
    withHint(`the remote ${p.remote} refuses: ${p.why}`, p.hint),
  ),
  "operation-unknown": define(2, 404, (p: { id: string }) => `there is no operation ${p.id}. List them: garza history`),
  "key-used": define(
    2,
    409,
    (p: { key: string; operation: string }) =>
      `key ${p.key} belongs to another request (${p.operation}). Take another key, or look: garza status ${p.operation}`,
  ),
  "data-damaged": define(
    65,
    500,
    /** `backups`: those of a database, newest first; `at` in milliseconds. */
    (p: { file: string; why: string; hint?: string; backups?: readonly { file: string; at: number }[] }) =>
      [
        `${p.file} is damaged (${p.why}); nothing was changed. Look: garza doctor`,
        ...(p.backups ? [restoring(p.backups)] : []),
        ...(p.hint ? [p.hint] : []),
      ].join("\n  "),
  ),
  "program-missing": define(
    78,
    500,
    (p: { program: string; needed: string }) =>
      `${p.program} is not on PATH; ${p.needed} needs it. Install it, then: garza doctor`,
  ),
  "host-unknown": define(
    78,
    404,
    (p: { host: string; nearest: string[] }) =>
      `host ${p.host} is not in infra/hosts.yml.${p.nearest.length ? ` Nearest: ${p.nearest.join(", ")}.` : ""}`,
  ),
  "no-answer": define(
    69,
    502,
    /** `sent`: the request may have reached the other side. */
    (p: { where: string; why: string; sent: boolean }) => `no answer from ${p.where}: ${p.why}`,
  ),
  "api-refused": define(
    69,
    502,
    (p: { api: string; answered: number; message: string }) => `${p.api} answered ${p.answered}: ${p.message}`,
  ),
  "outcome-unknown": define(7, 502, (p: { what: string; why: string; next: string }) =>
    withHint(`nobody can tell whether ${p.what} was done: ${p.why}`, p.next),
  ),
  "host-unreachable": define(
    69,
    502,
    /** `routes`: each that was tried, and what went wrong. */
    (p: { host: string; why: string; routes?: readonly { route: string; why: string }[] }) =>
      [
        `host ${p.host} can't be reached: ${p.why}`,
        ...(p.routes ?? []).map(({ route, why }) => `${route}: ${why}`),
        ...(p.routes ? [`Look at all of its routes: garza ssh test ${p.host}`] : []),
      ].join("\n  "),
  ),
  "host-key-unknown": define(77, 502, (p: HostKey & { note?: string }) =>
    [
      `host ${p.host} (${p.address}) shows a key that is not known: ${p.type} ${p.fingerprint}`,
      ...(p.note ? [p.note] : []),
      "Compare it with what the host itself says (there: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then:",
      `garza ssh trust ${p.host} --fingerprint ${p.fingerprint}`,
    ].join("\n  "),
  ),
  "host-key-changed": define(77, 502, (p: HostKey & { why: string }) =>
    [
      `host ${p.host} (${p.address}) shows another key than before: ${p.type} ${p.fingerprint}; ${p.why}`,
      "Either it was set up anew, or somebody is in between. Nothing was sent. If you know why, compare the new key with",
      `what the host itself says, then: garza ssh trust ${p.host} --fingerprint ${p.fingerprint}`,
    ].join("\n  "),
  ),
  "service-unknown": define(
    78,
    404,
    (p: { service: string; what: "service" | "service group"; nearest: string[] }) =>
      `there is no ${p.what} ${p.service} in infra/services.yml.${p.nearest.length ? ` Nearest: ${p.nearest.join(", ")}.` : ""}`,
  ),
  /** `path` null: there is no such file. */
  "state-unknown": define(2, 404, (p: { file: string; path: string | null; nearest: string[] }) => {
    const near = p.nearest.length > 0 ? ` Nearest: ${p.nearest.join(", ")}.` : "";
    return p.path === null
      ? `there is no state file ${p.file}.${near} List them: ls infra/state`
      : `${p.file} has no ${p.path}.${near} Look: garza state get ${p.file}`;
  }),
  "path-refused": define(2, 400, (p: { path: string; why: string }) => `path ${p.path} is refused: ${p.why}`),
  "storage-full": define(73, 507, (p: { where: string }) => `no space left at ${p.where}. Free some, then run again`),
  "input-output": define(74, 500, (p: { what: string; why: string; hint?: string }) =>
    withHint(`${p.what}: ${p.why}`, p.hint),
  ),
  /** `at` counts from 1. */
  batch: define(2, 422, (p: { faults: { at: number; message: string }[]; size: number }) => {
    const shown = p.faults.slice(0, 20).map(({ at, message }) => `number ${at}: ${message}`);
    const more = p.faults.length > shown.length ? [`… and ${p.faults.length - shown.length} more`] : [];
    const head = `${p.faults.length} of ${p.size} can't be accepted, so none was:`;
    return [head, ...shown, ...more].join("\n");
  }),
  busy: define(75, 503, (p: { what: string; next: string }) => `${p.what}. ${p.next}`),
  /** No file descriptors, processes or memory left: trouble of the machine, not of what was asked. */
  "machine-exhausted": define(75, 503, (p: { what: string; why: string }) =>
    withHint(`${p.what}: this machine has ${p.why}`, "Look at the limits (ulimit -a), then try again"),
  ),
  "not-allowed": define(77, 403, (p: { what: string; next: string }) => `${p.what}. ${p.next}`),
  configuration: define(78, 500, (p: { where: string; message: string; hint?: string }) =>
    withHint(`${p.where}: ${p.message}`, p.hint),
  ),
  "newer-database": define(
    78,
    500,
    (p: { file: string; needs: string }) =>
      `${p.file} was written by a newer garza (needs ${p.needs}). Upgrade this binary`,
  ),
  "no-agent": define(69, 503, (p: { socket: string }) => `no agent answers at ${p.socket}. Start one: garza agent`),
  "route-unknown": define(2, 404, (p: { path: string }) => `there is no ${p.path} in this interface`),
  "method-refused": define(
    2,
    405,
    (p: { method: string; path: string; allowed: string[] }) =>
      `${p.method} can't be done with ${p.path}; use ${p.allowed.join(" or ")}`,
  ),
  "too-large": define(2, 413, (p: { what: string; most: string }) => `${p.what} is larger than ${p.most}. Send less`),
  "left-by-signal": define(130, 500, (p: { message: string }) => p.message),
} as const;

type Rows = typeof problems;
/** A problem is data: its kind and the fields of its row. */
export type Problem = {
  [Kind in keyof Rows]: { kind: Kind } & Parameters<Rows[Kind]["say"]>[0];
}[keyof Rows];

function restoring(backups: readonly { file: string; at: number }[]): string {
  const [newest] = backups;
  if (!newest) {
    return "There are no backups. Start with an empty database (this one is kept aside): garza backup restore --empty";
  }
  const time = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")}Z`;
  return [
    "Backups, newest first:",
    ...backups.map(({ file, at }) => `  ${time(at)}  ${file}`),
    `Put one in its place (this one is kept aside): garza backup restore ${newest.file.split("/").at(-1)}`,
  ].join("\n  ");
}

const withHint = (message: string, hint: string | undefined) => (hint ? `${message}\n  ${hint}` : message);

/** `file:line:column: error: …`, the line, a caret, the hint. */
export function showFault(fault: Fault): string {
  const head = `${fault.file}:${fault.line}:${fault.column}: ${fault.severity}: ${fault.message}`;
  if (fault.excerpt === undefined) return withHint(head, fault.hint);
  const gutter = String(fault.line);
  // The caret stands under its column also where the line is cut or holds tabs.
  const from = Math.max(0, fault.column - 50);
  const line = fault.excerpt.slice(from, from + 70).replaceAll("\t", " ");
  const caret = `${" ".repeat(gutter.length)} | ${" ".repeat(Math.max(0, fault.column - 1 - from))}^`;
  return withHint(`${head}\n${gutter} | ${line}\n${caret}`, fault.hint);
}
