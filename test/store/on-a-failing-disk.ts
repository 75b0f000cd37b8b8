/** Writes three times, and prints how each ended, what the store told of itself, and what it holds, as JSON. */
import { GarzaError } from "../../src/core/problem.ts";
import { openStore, type Trouble } from "../../src/store/store.ts";
import { writeOperation } from "./rows.ts";

const [file = ""] = process.argv.slice(2);
const told: string[] = [];
const onTrouble = (trouble: Trouble) =>
  void told.push(trouble.kind === "broken" ? `broken: ${trouble.problem.kind}` : trouble.kind);
const ended = async (attempt: () => unknown): Promise<string> => {
  try {
    await attempt();
    return "done";
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.problem.kind;
    throw thrown;
  }
};

const writes: string[] = [];
const opened = await ended(async () => {
  const store = openStore(file, Date.now, { onTrouble, reserveBytes: 4096 });
  for (const id of ["op_1", "op_2", "op_3"]) writes.push(await ended(() => writeOperation(store, id)));
  store.close();
});
console.log(JSON.stringify({ opened, writes, told }));
