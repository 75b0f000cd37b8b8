import type { Step, Template } from "../template/template.ts";

/** Names of the loops that a later `aggregate_results` or `filter` reads: by `from`, else the last one finished before it. */
export function readLoopsOf(template: Template): ReadonlySet<string> {
  const read = new Set<string>();
  let last: string | undefined;
  const visit = (steps: readonly Step[]) => {
    for (const { type, name, config, nested } of steps) {
      if (type === "aggregate_results" || type === "filter") {
        const from = config.from ?? (config.items === undefined ? last : undefined);
        if (typeof from === "string") read.add(from);
      }
      for (const list of Object.values(nested)) visit(list);
      if (type === "foreach") last = name;
    }
  };
  visit(template.steps);
  return read;
}
