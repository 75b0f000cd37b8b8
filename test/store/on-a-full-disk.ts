/** Run on a small disk of its own: fills it, goes on writing, frees it. Prints what became of it as JSON. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { statOf } from "../../src/core/files.ts";
import { GarzaError } from "../../src/core/problem.ts";
import { openStore, type Trouble } from "../../src/store/store.ts";
import { idsIn, writeOperation } from "./rows.ts";

const [folder = "", reserve = "0"] = process.argv.slice(2);
const file = join(folder, "garza.db");
const fill = join(folder, "fill");
const told: Trouble["kind"][] = [];
const options = { onTrouble: ({ kind }: Trouble) => void told.push(kind), reserveBytes: Number(reserve) };
const store = openStore(file, Date.now, options);
const state = () => ({ full: store.isFull(), reserve: statOf(join(folder, "garza.reserve")) !== undefined });
const answered: string[] = [];
let next = 1000;

/** The problem's kind, or null. */
async function write(bytes: number): Promise<string | null> {
  const id = `op_${next++}`;
  try {
    await writeOperation(store, id, bytes);
    answered.push(id);
    return null;
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.problem.kind;
    throw thrown;
  }
}

function fillUp(): string {
  for (let size = 1024 * 1024; ; size /= 2) {
    try {
      for (;;) writeFileSync(fill, Buffer.alloc(size), { flag: "a" });
    } catch (thrown) {
      if (size <= 4096) return (thrown as { code?: string }).code ?? "";
    }
  }
}

const before = { write: await write(600), ...state() };
const filled = fillUp();
// As long as there is room in what SQLite has already taken, nothing is noticed.
let first: string | null = null;
while (first === null && !told.includes("full")) first = await write(20_000);
const atFull = { first, ...state() };
const atOnce = await Promise.all([write(600), write(600)]);
let last: string | null = null;
while (last === null) last = await write(200_000);
const regainedEarly = store.regain();
rmSync(fill);
const regained = store.regain();
const after = { write: await write(600), ...state() };
store.close();
const again = openStore(file, Date.now, options);
const isWhole = JSON.stringify(idsIn(again.read)) === JSON.stringify(answered);
console.log(JSON.stringify({ before, filled, atFull, atOnce, last, regainedEarly, regained, after, told, isWhole }));
