/** `--batch FILE`: many operations as JSON lines, all of them or none. */
import { z } from "zod";
import { check } from "../api/read-request.ts";
import { asking } from "../api/routes/operation-schemas.ts";
import { readJson } from "../core/json.ts";
import { describe, GarzaError, problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { TemplateSource } from "../template/library.ts";
import type { Given } from "../template/parameters.ts";
import { readTimes, type Times } from "./point-in-time.ts";

/** A line of the batch; `line` counts from 1, blank ones too. */
export type BatchLine = Times & {
  line: number;
  source: TemplateSource;
  parameters: Record<string, Given>;
  priority: number;
  key?: string;
  timeout?: string;
};

export type BatchReading = {
  now: number;
  /** Finds a template as it was named. Throws `template-unknown`, … */
  find(name: string): TemplateSource;
  /** Throws what an agent would refuse the line for. */
  refuse(source: TemplateSource, parameters: Record<string, Given>): void;
};

const fields = z.strictObject({
  template: z.string().min(1),
  parameters: z
    .record(
      z.string(),
      z.custom<Value>(() => true),
    )
    .default({}),
  ...asking,
  not_before: z.string().optional(),
  not_after: z.string().optional(),
});

/** Blank lines are skipped. Throws `batch` with every fault, each with the number of its line. */
export function readBatch(text: string, reading: BatchReading): BatchLine[] {
  const faults: { at: number; message: string }[] = [];
  const lines = text
    .split("\n")
    .flatMap((written, index) => (written.trim() === "" ? [] : [{ written, at: index + 1 }]));
  const read = lines.flatMap(({ written, at }) => {
    try {
      return [readLine(written, at, reading)];
    } catch (thrown) {
      if (!(thrown instanceof GarzaError)) throw thrown;
      faults.push({ at, message: messageFor(thrown) });
      return [];
    }
  });
  if (faults.length > 0) throw problem({ kind: "batch", faults, size: lines.length });
  return read;
}

function readLine(written: string, line: number, { now, find, refuse }: BatchReading): BatchLine {
  // For its faults: no key twice, and their places.
  readJson(written.trim(), `line ${line}`);
  const { template, parameters, not_before, not_after, key, timeout, priority } = check(
    fields,
    JSON.parse(written) as Value,
    "operation",
  );
  const given = Object.fromEntries(Object.entries(parameters).map(([name, json]) => [name, { json }]));
  const source = find(template);
  refuse(source, given);
  const times = readTimes(not_before, not_after, now);
  const some = { ...(key !== undefined && { key }), ...(timeout !== undefined && { timeout }) };
  return { line, source, parameters: given, priority, ...some, ...times };
}

function messageFor({ problem: told }: GarzaError): string {
  if (told.kind === "data-damaged") return `it is not JSON: ${told.why.replace(/^line 1, /, "")}`;
  return told.kind === "parameters" ? told.faults.join("; ") : describe(told);
}

/** A fault that was only found when the batch was handed over, with the number of its line. */
export function atLines(lines: readonly BatchLine[], thrown: unknown): unknown {
  if (!(thrown instanceof GarzaError)) return thrown;
  const { problem: told } = thrown;
  const size = lines.length;
  if (told.kind === "batch") {
    const faults = told.faults.map(({ at, message }) => ({ at: lines[at - 1]?.line ?? at, message }));
    return problem({ kind: "batch", faults, size }, thrown);
  }
  if (told.kind !== "key-used") return thrown;
  const [first, ...others] = lines.filter(({ key }) => key === told.key);
  const at = (others.at(-1) ?? first)?.line ?? 0;
  // Within the batch nothing was accepted that one could look at.
  const message =
    others.length > 0 ? `key ${told.key} belongs to another request (number ${first?.line})` : describe(told);
  return problem({ kind: "batch", faults: [{ at, message }], size }, thrown);
}
