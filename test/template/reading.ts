import { GarzaError } from "../../src/core/problem.ts";
import { type ReadOptions, readTemplate } from "../../src/template/read.ts";
import type { Template } from "../../src/template/template.ts";
import { shapes } from "./shapes.ts";

const head = "operation: {name: t, type: maintain, description: d}\n";

/** A template with a head in its first line. */
export const withHead = (body: string) => head + body;

/** A template of one step in line 3, and what stands below it. */
export const oneStep = (step: string) => withHead(`steps:\n${step.replace(/^/gm, "  ")}\n`);

export function read(text: string, options: ReadOptions = {}): { template: Template; warnings: string[] } {
  const { template, warnings } = readTemplate({ name: "t", file: "t.yml", text }, shapes, options);
  return { template, warnings: warnings.map(shown) };
}

/** Errors and warnings in one line each: `3:5 error unknown-key: unknown key `x`. (hint)`. */
export function faultsOf(text: string, options: ReadOptions = {}): string[] {
  try {
    return read(text, options).warnings;
  } catch (thrown) {
    if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "template-invalid") throw thrown;
    return thrown.problem.faults.map(shown);
  }
}

type Shown = { line: number; column: number; severity: string; code: string; message: string; hint?: string };

const shown = ({ line, column, severity, code, message, hint }: Shown) =>
  `${line}:${column} ${severity} ${code}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
