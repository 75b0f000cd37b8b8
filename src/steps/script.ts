import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { z } from "zod";
import { messageOf, problem } from "../core/problem.ts";
import { toText, type Value } from "../core/value.ts";
import { elsewhere, showHost } from "./here.ts";
import { describeEnd, lastLines } from "./process-words.ts";
import { wordSchema } from "./scalar-schemas.ts";
import {
  defineStep,
  done,
  type FarRequest,
  failed,
  type ProcessRequest,
  type Rendering,
  type StepContext,
} from "./step.ts";

const argument = z.union([z.string(), z.number(), z.boolean()]).transform((value) => toText(value as Value));

export const script = defineStep({
  summary: "Run a script of the repository by its #! line, or by sh.",
  schema: z.strictObject({
    script: wordSchema.describe("Its path in the repository."),
    args: z.array(argument).optional().describe("Arguments, raw values."),
    host: wordSchema
      .optional()
      .describe("A name in infra/hosts.yml, or `[user@]address[:port]`; this machine without it."),
  }),
  places: ["script", "host"],
  worksOn: ({ host }) => [host ?? null],
  asks: () => true,
  word: "success",
  effect: "changes",
  resumes: true,

  plan(config, context) {
    const { program, args } = programOf(config.script, context);
    const words = [program, ...args, ...(config.args ?? [])].map((word) => JSON.stringify(word));
    return [showHost(config.host, context), { label: "script", text: words.join(" ") }];
  },

  async run(config, context) {
    const { exitCode, signal, stdout, stderr } = await context.spawn(requestOf(config, context));
    const record = { stdout, stderr, ...(exitCode !== null && { exit_code: exitCode }) };
    if (exitCode === 0) return done("success", record);
    const said = lastLines(stderr.trim() ? stderr : stdout);
    return { ...failed(`${describeEnd(exitCode, signal)}${said}`, record), value: "failed" };
  },
});

function requestOf(
  { script: path, args: given = [], host }: { script: string; args?: string[] | undefined; host?: string | undefined },
  context: StepContext,
): ProcessRequest | FarRequest {
  const { program, args } = programOf(path, context);
  const far = elsewhere(host, context);
  if (far === undefined) return { run: { program, args: [...args, ...given] }, directory: context.root };
  // Its text is sent: there, it is a file of its own.
  const text = readFileSync(context.pathInRoot(path), "utf8");
  return { host: far, run: { text, interpreter: [program, ...args.slice(0, -1)], args: given } };
}

/** Read here rather than by the kernel: so it needs no run bit, and may lie on a disk that runs nothing. */
function programOf(path: string, context: Rendering): { program: string; args: string[] } {
  const file = context.pathInRoot(path);
  const [, interpreter, argument] = /^#![ \t]*([^ \t\r]+)[ \t]*([^\r]*?)[ \t\r]*$/.exec(firstLine(file, path)) ?? [];
  if (interpreter === undefined) return { program: "/bin/sh", args: [file] };
  return { program: interpreter, args: argument ? [argument, file] : [file] };
}

/** As much of it as the kernel would look at. Throws `path-refused` for what can't be read as a file. */
function firstLine(file: string, path: string): string {
  const bytes = Buffer.alloc(256);
  try {
    const fd = openSync(file, "r");
    try {
      return bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.length, 0)).split("\n", 1)[0] ?? "";
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const { code } = cause as { code?: string };
    const why = { ENOENT: "there is no such file", EISDIR: "it is a folder, not a script" }[code ?? ""];
    throw problem({ kind: "path-refused", path, why: why ?? messageOf(cause) }, cause);
  }
}
