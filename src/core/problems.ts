/** A place in a text: 1-based line and column; `excerpt` is that line. */
export type Place = { file: string; line: number; column: number; excerpt?: string };

/** One fault of a template, or a warning about it. `code` is stable (`unknown-key`, `E_BACKTICK`, …). */
export type Fault = Place & { severity: "error" | "warning"; code: string; message: string; hint?: string };

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
  interrupted: define(
    7,
    409,
    (p: { operation: string; step: string }) =>
      `operation ${p.operation} was interrupted in step ${p.step}. Look: garza status ${p.operation}`,
  ),
  "lock-held": define(
    5,
    409,
    (p: { resource: string; holder: string; since: string; operation: string }) =>
      `lock ${p.resource} is held by ${p.holder} (operation ${p.operation}) since ${p.since}. Wait for it, or look: garza status ${p.operation}`,
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
    (p: { file: string; why: string }) => `${p.file} is damaged (${p.why}); nothing was changed. Look: garza doctor`,
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
    (p: { api: string; status: number; message: string }) => `${p.api} answered ${p.status}: ${p.message}`,
  ),
  "outcome-unknown": define(7, 502, (p: { what: string; why: string; next: string }) =>
    withHint(`nobody can tell whether ${p.what} was done: ${p.why}`, p.next),
  ),
  "host-unreachable": define(
    69,
    502,
    (p: { host: string; why: string }) => `host ${p.host} can't be reached: ${p.why}`,
  ),
  "service-unknown": define(
    78,
    404,
    (p: { service: string; what: "service" | "service group"; nearest: string[] }) =>
      `there is no ${p.what} ${p.service} in infra/services.yml.${p.nearest.length ? ` Nearest: ${p.nearest.join(", ")}.` : ""}`,
  ),
  "path-refused": define(2, 400, (p: { path: string; why: string }) => `path ${p.path} is refused: ${p.why}`),
  "storage-full": define(73, 507, (p: { where: string }) => `no space left at ${p.where}. Free some, then run again`),
  "input-output": define(74, 500, (p: { what: string; why: string; hint?: string }) =>
    withHint(`${p.what}: ${p.why}`, p.hint),
  ),
  busy: define(75, 503, (p: { what: string; next: string }) => `${p.what}. ${p.next}`),
  /** No file descriptors, processes or memory left: trouble of the machine, not of what was asked. */
  "machine-exhausted": define(75, 503, (p: { what: string; why: string }) =>
    withHint(`${p.what}: this machine has ${p.why}`, "It is tried again; look at the limits: ulimit -a"),
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
  "left-by-signal": define(130, 500, (p: { message: string }) => p.message),
} as const;

type Rows = typeof problems;
/** A problem is data: its kind and the fields of its row. */
export type Problem = {
  [Kind in keyof Rows]: { kind: Kind } & Parameters<Rows[Kind]["say"]>[0];
}[keyof Rows];

const withHint = (message: string, hint: string | undefined) => (hint ? `${message}\n  ${hint}` : message);

/** `file:line:column: error: …`, the line, a caret, the hint. */
export function showFault(fault: Fault): string {
  const head = `${fault.file}:${fault.line}:${fault.column}: ${fault.severity}: ${fault.message}`;
  if (fault.excerpt === undefined) return withHint(head, fault.hint);
  const gutter = String(fault.line);
  // The caret stands under its column also where the line is cut or holds tabs.
  const from = Math.max(0, fault.column - 80);
  const line = fault.excerpt.slice(from, from + 120).replaceAll("\t", " ");
  const caret = `${" ".repeat(gutter.length)} | ${" ".repeat(Math.max(0, fault.column - 1 - from))}^`;
  return withHint(`${head}\n${gutter} | ${line}\n${caret}`, fault.hint);
}
