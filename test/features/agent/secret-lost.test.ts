import { expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram, sandbox } from "../../support/sandbox.ts";

const template = (more = "") => `operation: { name: x, type: maintain, description: A test }
steps:
  - { type: command, name: take, command: "echo took >> ../effects; echo the-sensitive-word", output: word, sensitive: true${more} }
  - { type: command, name: wait, command: "touch ../begun; until test -e ../go; do sleep 0.02; done" }
  - { type: command, name: use, command: "printf %s \${word} > ../used" }
`;

/** An operation that was killed behind its sensitive step, and whose secrets are gone since. */
async function robbed(text: string) {
  const box = await sandbox({ files: { "operations/robbed.yml": text } });
  const run = box.start("run", "robbed");
  await box.run("sh", "-c", "until test -e ../begun; do sleep 0.02; done");
  run.signal("SIGKILL");
  await run.ended;
  const [id = ""] = readdirSync(join(box.data, "secrets"));
  rmSync(join(box.data, "secrets", id));
  await box.write("../go", "");
  return { box, id };
}

test("where the value of a sensitive step is lost nothing goes on with nothing in its place, until it is run again", async () => {
  const { box, id } = await robbed(template());
  await using _ = box;
  const resumed = await box.garza("queue", "resume", id);
  expect(resumed.exitCode).toBe(7);
  const status = JSON.parse((await box.garza("status", id, "--json")).stdout);
  expect(status).toMatchObject({
    status: "interrupted",
    reason: "secret_lost",
    attention: `run it once more, and what came after it: garza queue resume ${id} --from take`,
  });
  expect((await box.garza("queue", "resume", id, "--from", "take")).exitCode).toBe(0);
  expect(await box.read("../used")).toBe("the-sensitive-word");
  expect(await box.read("../effects")).toBe("took\ntook\n");
});

test("one that is idempotent is run again by itself", async () => {
  const { box, id } = await robbed(template(", idempotent: true"));
  await using _ = box;
  expect((await box.garza("queue", "resume", id)).exitCode).toBe(0);
  expect(await box.read("../used")).toBe("the-sensitive-word");
});

test.skipIf(process.getuid?.() !== 0)("a file of secrets that may not be read is named with its remedy", async () => {
  await using box = await sandbox();
  await box.garza("run", "demo/hello");
  await box.write("../data/secrets.json", "{}");
  const script = `chown -R 1000:1000 .. && chmod 755 .. && chmod 600 ../data/secrets.json && chown 0:0 ../data/secrets.json
    HOME=$HOME exec setpriv --reuid=1000 --regid=1000 --clear-groups "$@"`;
  const refused = await box.run("sh", "-ec", script, "sh", compiledProgram(), "secret", "list");
  expect(refused.stderr).toContain(
    "secrets.json may not be read. Give it to the user that garza runs as (chown), or remove it",
  );
  expect(refused.exitCode).toBe(77);
});
