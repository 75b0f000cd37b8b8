import { expect, test } from "bun:test";
import { sandbox } from "../../support/sandbox.ts";
import { document, files } from "../queue/templates.ts";

test("history is narrowed by time, by person and by failure, and keeps its shape", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "quick");
  await box.garza("run", "broken");
  const all = await document(box, "history");
  expect(all.map(({ template }: { template: string }) => template)).toEqual(["broken", "quick"]);
  const [{ queued_at: later, asked_by: asker }, { queued_at: earlier }] = all;
  const iso = (at: number) => new Date(at).toISOString();
  const found = async (...words: string[]) =>
    (await document(box, "history", ...words)).map(({ template }: { template: string }) => template);

  expect(await document(box, "history", "--failed")).toEqual([all[0]]);
  expect(await found("--since", "1h")).toEqual(["broken", "quick"]);
  expect(await found("--until", "1h")).toEqual([]);
  expect(await found("--since", iso(later))).toEqual(["broken"]);
  expect(await found("--since", iso(earlier), "--until", iso(earlier))).toEqual(["quick"]);
  expect(await found("--by", "tester")).toEqual(["broken", "quick"]);
  expect(await found("--by", asker)).toEqual(["broken", "quick"]);
  expect(await found("--by", "test")).toEqual([]);
  expect(await found("--failed", "--limit", "1", "--by", "tester")).toEqual(["broken"]);
});

test("what can't be a time, and what leaves nothing over, is refused", async () => {
  await using box = await sandbox({ files });
  expect((await box.garza("history", "--since", "yesterday")).stderr).toBe(
    'garza: "yesterday" is neither a time like 2030-01-31T12:00:00Z nor a duration before now like 30m\n',
  );
  expect((await box.garza("history", "--failed", "--status", "success")).exitCode).toBe(2);
  expect((await box.garza("history", "--failed", "--status", "failed")).exitCode).toBe(0);
});
