import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { stepTypes } from "../../src/steps/index.ts";
import { isProbe } from "../../src/template/probe.ts";
import { readTemplate } from "../../src/template/read.ts";
import type { StepShapes } from "../../src/template/step-type.ts";
import { walkSteps } from "../../src/template/template.ts";

const root = join(import.meta.dir, "../..");
const templates = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yml"));

const read = async (folder: string, name: string) =>
  readTemplate({ name, file: name, text: await Bun.file(join(root, folder, name)).text() }, stepTypes, {
    channels: [],
  });

test.each(templates("operations"))("operations/%s is read without a warning", async (name) => {
  expect((await read("operations", name)).warnings).toEqual([]);
});

test.each(templates("test/features/predecessor"))(
  "the predecessor's %s is read, with no more than unused parameters",
  async (name) => {
    const { warnings } = await read("test/features/predecessor", name);
    expect(warnings.filter(({ code }) => code !== "unused-parameter")).toEqual([]);
  },
);

test("a step that answers a question with an output is a probe", async () => {
  const text = `operation: {name: t, type: maintain, description: d}
steps:
  - {type: health_check, name: a, url: "http://x.test/", output: word}
  - {type: health_check, name: b, url: "http://x.test/"}
  - {type: command, name: c, command: "true", output: word}
  - {type: command, name: d, command: "true", output: word, expected_output: x}
`;
  const { template } = readTemplate({ name: "t", file: "t.yml", text }, stepTypes);
  const probes = [...walkSteps(template.steps)].filter((step) => isProbe(step, (stepTypes as StepShapes)[step.type]));
  expect(probes.map(({ name }) => name)).toEqual(["a", "d"]);
});
