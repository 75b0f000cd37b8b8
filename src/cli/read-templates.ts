import type { Fault } from "../core/problems.ts";
import type { Library, TemplateSource } from "../template/library.ts";
import type { Template } from "../template/template.ts";
import type { Terminal } from "./terminal.ts";

export type Reader = (source: TemplateSource) => { template: Template; warnings: Fault[] };

/** Reads templates as a run would. The reader throws `template-invalid` with every fault. With `env` it looks for their hosts. */
export async function openReader(root: string, library: Library, env?: Terminal["env"]): Promise<Reader> {
  const { validateWith } = await import("../engine/submit.ts");
  const { stepTypes } = await import("../steps/index.ts");
  const { loadInventory } = await import("../hosts/read-inventory.ts");
  const hosts = env && { inventory: loadInventory(root, { env }) };
  return (source) => validateWith({ root, library, stepTypes, ...hosts }, source);
}
