import { toText, type Value } from "../core/value.ts";
import { type MappingNode, type Node, nodeOf } from "./node.ts";
import { prerequisiteSchema } from "./operation-schema.ts";
import type { Report } from "./report.ts";
import { checkMapping } from "./schema-check.ts";
import type { Prerequisite } from "./template.ts";

export type ReadPrerequisite = { prerequisite: Prerequisite; node: MappingNode };

export function readPrerequisites(node: Node, report: Report): ReadPrerequisite[] {
  if (node.kind !== "list") {
    report.error(node.at, "wrong-type", "`prerequisites` must be a list");
    return [];
  }
  return node.items.flatMap((item) => {
    if (item.kind === "mapping") return [{ prerequisite: read(item, report), node: item }];
    report.error(item.at, "wrong-type", "a prerequisite is a mapping with `check` and `command`");
    return [];
  });
}

function read(node: MappingNode, report: Report): Prerequisite {
  const written = checkMapping(node, prerequisiteSchema, report);
  const text = (key: string) => asWritten(nodeOf(node, key), written[key]);
  const [command, unlocked, host, hint] = [text("command"), text("unlocked"), text("host"), text("hint")];
  const [expected, expectedContains] = [text("expected"), text("expected_contains")];
  return {
    check: text("check") ?? command ?? `nobody else has the lock ${unlocked ?? ""}`,
    ...(command !== undefined && { command }),
    ...(host !== undefined && { host }),
    ...(expected !== undefined && { expected }),
    ...(expectedContains !== undefined && { expectedContains }),
    expectedExit: exitOf(written.expected_exit),
    timeout: typeof written.timeout === "number" || typeof written.timeout === "string" ? written.timeout : 30,
    ...(hint !== undefined && { hint }),
    ...(unlocked !== undefined && { unlocked }),
    place: report.place(node.at),
  };
}

function exitOf(written: Value | undefined): number | string {
  if (written === undefined) return 0;
  return typeof written === "string" && /^\d+$/.test(written) ? Number(written) : (written as number | string);
}

/** Output is compared as text, so `expected: 1.10` means what it looks like. */
function asWritten(node: Node | undefined, value: Value | undefined): string | undefined {
  if (value === undefined) return undefined;
  return node?.kind === "scalar" && typeof value !== "string" ? node.source : toText(value);
}
