/** A hundred thousand operations in the queue: all of them are there after kill -9, and the agent answers. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Box, counts, faultyBox, startAgent, stop, submit } from "./rig.ts";

const submitted = 1_000;
const times = 100;

/** Each operation a hundred times, with its events, in a database that nobody has open. */
function multiply(box: Box): void {
  using db = new Database(join(box.data, "garza.db"), { readwrite: true });
  const columnsOf = (table: string) =>
    db
      .query<{ name: string }, []>(`select name from pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => name);
  const copy = (table: string, id: string, without: string[]) => {
    const columns = columnsOf(table).filter((name) => !without.includes(name));
    const values = columns.map((name) => (name === id ? `${name} || '-' || n` : name));
    db.run(
      `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${times - 1})
       insert into ${table} (${columns}) select ${values} from ${table}, numbers`,
    );
  };
  db.transaction(() => {
    copy("operation", "id", ["sequence"]);
    copy("event", "operation", []);
  })();
  // Another program has written to it on purpose.
  rmSync(join(box.data, "garza.seal"), { force: true });
}

test("none is lost, and what is urgent goes before them", async () => {
  await using box = await faultyBox();
  const first = await startAgent(box);
  const later = { template: "t/quick", not_before: 4_102_444_800_000 };
  const { body } = await submit(box, { operations: Array(submitted).fill(later) });
  expect(new Set(body.operations?.map(({ id }) => id)).size).toBe(submitted);
  expect((await stop(first)).exitCode).toBe(0);
  multiply(box);

  const agent = await startAgent(box);
  expect(await counts(box)).toMatchObject({ queued: submitted * times, running: 0 });
  await submit(box, "t/slow");
  await agent.says("step one started");
  agent.signal("SIGKILL");
  await agent.ended;

  const next = await startAgent(box);
  await box.write("go", "");
  await next.says("ended: success");
  expect(await counts(box)).toMatchObject({ queued: submitted * times, success: 1 });
  const status = await box.garza("status");
  expect({ exitCode: status.exitCode, isShort: status.stdout.split("\n").length < 400 }).toEqual({
    exitCode: 0,
    isShort: true,
  });
  expect((await box.garza("run", "t/quick")).exitCode).toBe(0);
  expect((await stop(next)).exitCode).toBe(0);
}, 60_000);
