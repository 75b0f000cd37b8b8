/** From text to a template: every fault at once, each at its place. */

import { problem } from "../core/problem.ts";
import type { Fault } from "../core/problems.ts";
import { analyse } from "./analyse.ts";
import { checkChildren } from "./children.ts";
import { readDocument, type Source, throwFaults } from "./document.ts";
import { checkOutside } from "./outside.ts";
import type { Reading, ReadOptions } from "./reading.ts";
import { readSections, type Sections } from "./sections.ts";
import type { StepShapes } from "./step-type.ts";
import type { Template } from "./template.ts";

export type { Source } from "./document.ts";
export type { ReadOptions } from "./reading.ts";

/** Throws `template-invalid` with every fault; what is only a warning comes back beside the template. */
export function readTemplate(
  source: Source,
  shapes: StepShapes,
  options: ReadOptions = {},
): { template: Template; warnings: Fault[] } {
  const document = readDocument(source);
  const reading: Reading = { report: document.report, shapes, options, written: new Map(), uses: new Map() };
  const sections = document.root ? readSections(document.root, { ...source, text: document.text }, reading) : undefined;
  // Behind a fault of syntax the tree is a guess, and what it lacks may be there.
  if (document.soundUpTo !== Number.POSITIVE_INFINITY)
    throw onlySound(document.report.faults(), document.soundUpTo, reading);
  if (sections) look(sections, reading);
  throwFaults(document.report);
  if (!sections) throw problem({ kind: "template-invalid", faults: document.report.faults() });
  return { template: sections.template, warnings: document.report.faults() };
}

function look(sections: Sections, reading: Reading): void {
  const { shapes, options } = reading;
  analyse(sections, reading);
  checkOutside(sections, reading);
  const { loadChild: _, ...alone } = options;
  checkChildren(sections.template, (child) => readTemplate(child, shapes, alone).template, reading);
}

const ofSyntax = new Set(["syntax", "tab", "indentation", "too-deep", "too-large", "two-documents", "empty"]);

function onlySound(faults: Fault[], soundUpTo: number, { report }: Reading) {
  const { line } = report.place(soundUpTo);
  const kept = faults.filter(
    (fault) => ofSyntax.has(fault.code) || (fault.line < line && fault.code !== "missing-key"),
  );
  return problem({ kind: "template-invalid", faults: kept });
}
