import { expect, test } from "bun:test";
import { builtIn } from "../../src/template/built-in.ts";
import { sandbox } from "../support/sandbox.ts";
import { textOf, texts } from "../support/sources.ts";

test("every shipped template is valid in the repository that ships it, with no warning but the channel's", async () => {
  const files = Object.fromEntries(await texts("{operations,infra}/**/*.{yml,json}"));
  await using box = await sandbox({ files });
  const { exitCode, stdout, stderr } = await box.garza("template", "validate");
  expect(`${stdout}${stderr}`).not.toMatch(/error:|warning:/);
  expect(exitCode).toBe(0);
});

test("the built-in templates are listed where a repository has none", async () => {
  await using box = await sandbox({ git: false });
  const { stdout, exitCode } = await box.garza("template", "list");
  expect(exitCode).toBe(0);
  for (const name of Object.keys(builtIn)) expect(stdout).toContain(name);
});

test("the checked-in schema is what the program prints", async () => {
  await using box = await sandbox({ git: false });
  const { stdout, exitCode } = await box.garza("template", "schema");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(await textOf("operations/template.schema.json")));
});
