/** The checks that `health_check`, `wait_for` and the registry can describe: HTTP, a TCP port, a command. */
import { z } from "zod";
import { GarzaError } from "../core/problem.ts";
import { compileRegex } from "../core/regex.ts";
import { probeTcp } from "../core/tcp.ts";
import type { Script } from "../template/shell/render.ts";
import { elsewhere } from "./here.ts";
import { expectationKeys, followsRedirects, unmet } from "./http-expectation.ts";
import { proseSchema, wholeNumberSchema, wordSchema } from "./scalar-schemas.ts";
import type { StepContext, StepRecord } from "./step.ts";

/** Keys of a check, as they are written in a step and in the registry. */
export const checkKeys = {
  method: z.enum(["http", "tcp", "ssh_command", "command"]).optional().describe("How it is checked."),
  url: wordSchema.optional().describe("For http."),
  ...expectationKeys,
  host: wordSchema.optional().describe("For tcp and ssh_command."),
  port: wholeNumberSchema(1, 65_535).optional().describe("For tcp."),
  command: z.string().optional().describe("For ssh_command and command."),
  expected_output: proseSchema
    .optional()
    .describe("The command's trimmed standard output equals it; `/regex/` is found in it."),
};

const schema = z.object(checkKeys);
export type CheckConfig = z.infer<typeof schema>;
type Method = NonNullable<CheckConfig["method"]>;

/** A check with its command filled in. */
export type Check = Omit<CheckConfig, "command"> & { script?: Script | undefined };
export type CheckResult = { ok: boolean; why: string; record: StepRecord };

export const defaultCheckMs = 10_000;

/** Looks once. What is no answer (refused, too late, unreachable) is a result; a cancel is thrown. */
export async function runCheck(check: Check, context: StepContext, timeoutMs: number): Promise<CheckResult> {
  try {
    return await looks[methodOf(check)](check, context, timeoutMs);
  } catch (error) {
    if (!(error instanceof GarzaError) || !silences.has(error.problem.kind)) throw error;
    return no(error.message);
  }
}

/** The written method, or the one that the other keys speak of. */
export function methodOf(check: { [Key in keyof CheckConfig]?: unknown } & { script?: unknown }): Method {
  if (check.method !== undefined) return check.method as Method;
  if (check.url !== undefined) return "http";
  if (check.port !== undefined) return "tcp";
  return check.host === undefined ? "command" : "ssh_command";
}

const silences: ReadonlySet<string> = new Set([
  "no-answer",
  "timed-out",
  "host-unreachable",
  "host-key-unknown",
  "host-key-changed",
  "step-failed",
]);

type Look = (check: Check, context: StepContext, timeoutMs: number) => Promise<CheckResult>;

const looks: Record<Method, Look> = {
  async http(check, context, timeoutMs) {
    const url = check.url ?? "";
    const answer = await context.http({ method: "GET", url, timeoutMs, follow: followsRedirects(check) });
    const record = { code: answer.status, body: answer.body };
    const why = unmet(answer, check);
    return why === undefined ? yes(record) : no(`${url}: ${why}`, record);
  },

  async tcp(check, context, timeoutMs) {
    await probeTcp(
      { host: addressOf(check.host ?? "", context), port: check.port ?? 0 },
      { timeoutMs, signal: context.signal },
    );
    return yes({});
  },

  async ssh_command(check, context, timeoutMs) {
    return lookByCommand(check, context, timeoutMs, elsewhere(check.host, context));
  },

  command: (check, context, timeoutMs) => lookByCommand(check, context, timeoutMs),
};

/** `host`: another machine. */
async function lookByCommand(
  check: Check,
  context: StepContext,
  timeoutMs: number,
  host?: string,
): Promise<CheckResult> {
  if (!check.script) return no("the check has no command");
  const run = { script: check.script, shell: "sh" };
  const request = host === undefined ? { run, directory: context.root, timeoutMs } : { run, host, timeoutMs };
  const { exitCode, signal, stdout, stderr } = await context.spawn(request);
  const record: StepRecord = { stdout, stderr, ...(exitCode !== null && { exit_code: exitCode }) };
  if (exitCode !== 0) {
    const said = lastLine(stderr) || lastLine(stdout);
    return no(`${exitCode === null ? `ended by ${signal}` : `exit status ${exitCode}`}${said && `: ${said}`}`, record);
  }
  const { expected_output: expected } = check;
  if (expected === undefined || (await isExpected(stdout.trim(), expected))) return yes(record);
  return no(`the output is ${JSON.stringify(stdout.trim().slice(0, 200))}, expected ${expected}`, record);
}

const yes = (record: StepRecord): CheckResult => ({ ok: true, why: "", record });
const no = (why: string, record: StepRecord = {}): CheckResult => ({ ok: false, why, record });

/** Whether the trimmed output is the expected text, or has the `/regex/` in it. */
export async function isExpected(output: string, expected: string): Promise<boolean> {
  const regex = await compileRegex(expected);
  return regex ? regex(output) : output === expected.trim();
}

const lastLine = (text: string) => text.trim().split("\n").at(-1)?.slice(0, 200) ?? "";

/** A host of the inventory by its address, anything else as it is written. */
function addressOf(host: string, { inventory }: StepContext): string {
  if (!inventory.names().includes(host)) return host;
  const { primary, local } = inventory.find(host);
  return primary?.host ?? (local ? "127.0.0.1" : host);
}
