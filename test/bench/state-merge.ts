/** Three versions of a 5 MB state file to one, against reading and writing the same three as plain JSON. */
import { mergeJson } from "../../src/state/merge.ts";
import { inTurns, type Measure } from "./measure.ts";

export const stateMerge: Measure = async () => {
  const base = stateText({ changed: 0, entries: ["a"] });
  const ours = stateText({ changed: 1, entries: ["a", "b"] });
  const theirs = stateText({ changed: 2, entries: ["a", "c"] });
  const merged = inTurns(
    10,
    () => {
      const { conflicts } = mergeJson({ base, ours, theirs }, "deployments.json");
      if (conflicts.length > 0) throw new Error(`${conflicts.length} conflicts`);
    },
    () => {
      for (const text of [base, ours, theirs]) JSON.stringify(JSON.parse(text), null, 2);
    },
  );
  const baseline = `JSON.parse and stringify of the same three, ${(base.length / 1e6).toFixed(1)} MB each`;
  return { ...(await merged), unit: "ms", baseline };
};

const size = 15_500;

/** Every hundredth app is changed, another one for each version. */
function stateText({ changed, entries }: { changed: number; entries: string[] }): string {
  const at = "2030-01-01T00:00:00.000Z";
  const app = (number: number) => ({
    status: number % 100 === changed ? `changed ${changed}` : "running",
    version: `1.${number}.0`,
    ports: [80, 443],
    deployed_at: at,
    deployed_by: "ada",
  });
  const entry = (id: string) => ({ id, timestamp: at, template: "deploy/web", status: "success" });
  const apps = Object.fromEntries(Array.from({ length: size }, (_, number) => [`app-${number}`, app(number)]));
  const old = Array.from({ length: size }, (_, number) => `op_${number}`);
  return `${JSON.stringify({ apps, operations: [...old, ...entries].map(entry) }, null, 2)}\n`;
}
