/** kill -9 at every journal point: what the record says is true, and carried on every effect is there exactly once. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../support/sandbox.ts";

const template = `
operation:
  name: every_point
  type: deploy
  description: Leaves a line for each effect
parameters:
  word: x
steps:
  - name: take
    type: lock
    resource: every-point
  - name: first
    type: command
    command: echo first >> effects
    output: said
  - name: decide
    type: conditional
    condition: \${word} == 'x'
    steps:
      - name: inside
        type: command
        commands:
          - echo inside-a >> effects
          - echo inside-b >> effects
      - type: set
        values:
          later: from-inside
  - name: each
    type: foreach
    items: [a, b, c]
    as: letter
    steps:
      - type: command
        command: echo each-\${letter} >> effects
  - name: remember
    type: state_update
    file: deployments.json
    updates:
      .apps.web.status: up
  - name: child
    type: load_operation
    template: test/child
  - name: last
    type: command
    command: echo last-\${later} >> effects
  - name: leave
    type: unlock
    resource: every-point
`;

const child = `
operation:
  name: child
  type: maintain
  description: One effect
steps:
  - name: within
    type: command
    command: echo within >> effects
`;

const effects = ["each-a", "each-b", "each-c", "first", "inside-a", "inside-b", "last-from-inside", "within"];
const files = { "operations/test/every-point.yml": template, "operations/test/child.yml": child };

type Row = { id: string; status: string; parent: string | null };
const rows = (box: Sandbox): Row[] => {
  const file = join(box.data, "garza.db");
  if (!existsSync(file)) return [];
  using db = new Database(file, { readonly: true });
  return db.query<Row, []>("select id, status, parent from operation order by sequence").all();
};
const written = async (box: Sandbox) => {
  const file = join(box.root, "effects");
  return existsSync(file) ? (await readFile(file, "utf8")).trim().split("\n").sort() : [];
};
const locksHeld = (box: Sandbox) => {
  using db = new Database(join(box.data, "garza.db"), { readonly: true });
  return db.query("select resource from lock where operation is not null").all();
};

describe.each(["J0", "J1", "J2", "J3", "J5", "J6"])("kill -9 after %s", (point) => {
  test("leaves a true record, and carried on every effect is there exactly once", async () => {
    let kills = 0;
    for (let count = 1; ; count++) {
      await using box = await sandbox({ files, env: { GARZA_KILL_AT: `${point}#${count}` } });
      const first = await box.garza("run", "test/every-point");
      if (first.exitCode === 0) break;
      expect(first.exitCode).toBe(137);
      kills++;
      box.env.GARZA_KILL_AT = "";
      const [main] = rows(box);
      if (!main) throw new Error("an operation was accepted and is not there");

      const status = await box.garza("status", main.id);
      expect(status.exitCode).toBe(0);
      if (main.status === "success") {
        expect(status.stdout).toContain("success");
      } else {
        const carriedOn = await box.garza("queue", "resume", main.id);
        expect({ at: `${point}#${count}`, ...carriedOn }).toMatchObject({ exitCode: 0 });
      }
      expect({ at: `${point}#${count}`, effects: await written(box) }).toEqual({ at: `${point}#${count}`, effects });
      expect(rows(box).map((row) => row.status)).toEqual(["success", "success"]);
      expect(locksHeld(box)).toEqual([]);
    }
    expect(kills).toBeGreaterThan(0);
  }, 240_000);
});

test("an effect that nobody can tell of is not repeated: a person says what became of it", async () => {
  await using box = await sandbox({
    files: {
      "operations/test/unknown.yml": `
operation: {name: unknown, type: deploy, description: Dies with its wrapper}
steps:
  - name: effect
    type: command
    command: echo effect >> effects; kill -9 $PPID; sleep 60
  - name: after
    type: command
    command: echo after >> effects
`,
    },
    env: { GARZA_KILL_AT: "J3" },
  });
  await box.garza("run", "test/unknown");
  const [{ id } = { id: "" }] = rows(box);
  box.env.GARZA_KILL_AT = "";
  while ((await written(box)).length === 0 || (await box.run("pgrep", "-f", `${box.data}/run`)).exitCode === 0)
    await Bun.sleep(5);

  const unknown = await box.garza("queue", "resume", id);
  expect(unknown.exitCode).toBe(7);
  expect(unknown.stderr + unknown.stdout).toContain(`garza queue resolve ${id} --step effect --as`);
  expect(await written(box)).toEqual(["effect"]);

  const resolved = await box.garza("queue", "resolve", id, "--step", "effect", "--as", "done");
  expect(resolved).toMatchObject({ exitCode: 0, stdout: `Recorded. It goes on: garza queue resume ${id}\n` });
  expect(await written(box)).toEqual(["effect"]);
  expect((await box.garza("queue", "resume", id)).exitCode).toBe(0);
  expect(await written(box)).toEqual(["after", "effect"]);
  expect(rows(box).map((row) => row.status)).toEqual(["success"]);
});
