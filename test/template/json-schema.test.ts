import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { stepTypes } from "../../src/steps/index.ts";
import { templateJsonSchema } from "../../src/template/json-schema.ts";
import { faultsOfSchema } from "./check-json-schema.ts";
import { shapes } from "./shapes.ts";

type Schema = { $defs: Record<string, { properties: Record<string, unknown>; required: string[] }> };

const root = join(import.meta.dir, "../..");
const schema = templateJsonSchema(shapes) as Schema;
const faults = (text: string, of: object = schema) => faultsOfSchema(of, parse(text));

const head = "operation: {name: t, type: deploy, description: d}\n";

describe("the schema that editors use", () => {
  test("has nothing against the templates that there are", () => {
    const real = templateJsonSchema(stepTypes);
    const files = ["operations", "test/features/predecessor"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".yml"))
        .map((name) => join(root, folder, name)),
    );
    expect(files.length).toBeGreaterThan(8);
    return Promise.all(
      files.map(async (file) =>
        expect({ file, faults: faults(await Bun.file(file).text(), real) }).toEqual({ file, faults: [] }),
      ),
    );
  });

  test("has a definition for each step type, with its own keys, the common ones and its lists", () => {
    const types = templateJsonSchema(stepTypes) as Schema;
    for (const name of Object.keys(stepTypes)) {
      const properties = Object.keys(types.$defs[`step.${name}`]?.properties ?? {});
      expect({
        name,
        has: ["type", "name", "when", "retries", "undo"].every((key) => properties.includes(key)),
      }).toEqual({ name, has: true });
    }
    expect(Object.keys(schema.$defs["step.conditional"]?.properties ?? {})).toEqual(
      expect.arrayContaining(["condition", "exit", "steps", "else"]),
    );
    expect(schema.$defs["step.conditional"]?.required).toEqual(["type", "condition", "steps"]);
  });

  test("allows text with ${…} for every value but type, name, as and output", () => {
    const step = (keys: string) => faults(`${head}steps: [{type: health_check, name: a, ${keys}}]\n`);
    expect(step("port: '${p}', method: '${m}', expected_status: ['${s}'], timeout: '${t}', optional: '${o}'")).toEqual(
      [],
    );
    expect(step("port: many")).not.toEqual([]);
    expect(step("optional: perhaps")).not.toEqual([]);
    expect(faults(`${head}steps: [{type: '\${t}', name: a}]\n`)).not.toEqual([]);
  });

  test("refuses unknown keys at every level, but for the author's own", () => {
    const body = "steps: [{type: delay, name: a, seconds: 1, x-b: 2}]\nx-a: 1\n";
    expect(faults(head + body)).toEqual([]);
    expect(faults(`${head}${body}stepz: []\n`)).toEqual(["stepz: not known"]);
    expect(faults(`${head}steps: [{type: delay, name: a, secondz: 1}]\n`)).toEqual([
      "steps.0: seconds is missing",
      "steps.0.secondz: not known",
    ]);
    expect(faults(`${head}steps: [{type: lock, name: a, resource: r, metadata: {who: me, x-a: 1}}]\n`)).not.toEqual([]);
  });
});
