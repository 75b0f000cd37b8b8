import type { Fault } from "../core/problems.ts";
import type { Library, TemplateSource } from "../template/library.ts";
import type { Template } from "../template/template.ts";

export type Reader = (source: TemplateSource) => { template: Template; warnings: Fault[] };

/** Reads templates as a run would. The reader throws `template-invalid` with every fault. */
export async function openReader(root: string, library: Library): Promise<Reader> {
  const { validateWith } = await import("../engine/submit.ts");
  const { stepTypes } = await import("../steps/index.ts");
  return (source) => validateWith({ root, library, stepTypes }, source);
}
