/** Bodies and queries: read once, at the edge, strictly. Past this nothing is unknown. */
import type { Context } from "hono";
import type { z } from "zod";
import type { Clock } from "../core/clock.ts";
import { didYouMean } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { at } from "../template/node.ts";
import { explainIssue, flattenIssue, type Issue } from "../template/schema-issues.ts";
import { keysAt } from "../template/schema-keys.ts";

const mebibyte = 2 ** 20;

/** The runtime closes a connection on which no whole head has come in 12 s; a body has this long. */
export const bodyMs = 60_000;

/** `size` in MiB. */
export type BodyText = { text: string; size: number };

/** Not looked at yet; `most` in MiB. Throws `usage`, `too-large`. */
export async function readBodyText(c: Context, { most, clock }: { most: number; clock: Clock }): Promise<BodyText> {
  const read = new AbortController();
  const late = clock.sleep(bodyMs, read.signal).then(() => {
    throw problem({ kind: "usage", message: `the body has not come in ${bodyMs / 1000} s` });
  });
  // When it was read in time nobody is left to be told.
  late.catch(() => {});
  try {
    return await Promise.race([bodyText(c.req.raw, most), late]);
  } finally {
    read.abort();
  }
}

/** Throws `usage` with each fault. */
export function readQuery<Schema extends z.ZodType>(c: Context, schema: Schema): z.output<Schema> {
  const query: Record<string, Value> = Object.create(null);
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (values.length > 1) throw problem({ kind: "usage", message: `query: \`${name}\` stands there twice` });
    query[name] = values[0] ?? "";
  }
  return check(schema, query, "query");
}

async function bodyText(request: Request, most: number): Promise<BodyText> {
  if (Number(request.headers.get("content-length")) > most * mebibyte) throw tooLarge(most);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let length = 0;
  try {
    for await (const chunk of request.body ?? []) {
      length += chunk.byteLength;
      if (length > most * mebibyte) throw tooLarge(most);
      text += decoder.decode(chunk, { stream: true });
    }
    return { text: text + decoder.decode(), size: length / mebibyte };
  } catch (cause) {
    // Nobody is left to read this; it must not look like a bug.
    if (cause instanceof DOMException) throw problem({ kind: "usage", message: "the body broke off" }, cause);
    if (cause instanceof TypeError) throw problem({ kind: "usage", message: "the body is not UTF-8" }, cause);
    throw cause;
  }
}

export const tooLarge = (most: number) => problem({ kind: "too-large", what: "the body", most: `${most} MiB` });

/** As many faults as a person reads. */
const mostFaults = 20;

export function check<Schema extends z.ZodType>(schema: Schema, value: Value, where: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, mostFaults).flatMap((issue) => flattenIssue(issue, () => false));
  const faults = issues.flatMap((issue) => explain(issue, schema, value)).map((fault) => `${where}: ${fault}`);
  throw problem({ kind: "usage", message: faults.slice(0, mostFaults).join("\n") });
}

function explain(issue: Issue, schema: z.ZodType, value: Value): string[] {
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => `unknown field \`${key}\`.${didYouMean(key, known)}`);
  }
  const given = at(value, issue.path);
  const { message, hint } = explainIssue(issue, given, given !== undefined);
  return [hint === undefined ? message : `${message}. ${hint}`];
}
