import { expect, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { GarzaError } from "../../src/core/problem.ts";
import { showFault } from "../../src/core/problems.ts";
import { stepTypes } from "../../src/steps/index.ts";
import { templateJsonSchema } from "../../src/template/json-schema.ts";
import { readTemplate } from "../../src/template/read.ts";
import { shapes } from "./shapes.ts";

const seed = Number(process.env.SEED ?? 147_044);
const options = { seed, numRuns: Number(process.env.RUNS ?? 300) } as const;
console.log(`read-fuzz: SEED=${seed}`);

const sample = `operation: {name: t, type: deploy, description: d, target: "\${app}"}
parameters: {app: "", count: 3, list: [a], long: {type: string, enum: [x, y], default: x}}
prerequisites:
  - {check: c, command: "test -d \${app}", expected_contains: x}
steps:
  - &first
    type: command
    name: build
    command: |
      cd "\${app}" && make -j \${count}
    retries: 2
    output: built
    undo: [{type: command, command: 'rm -- \${app}'}]
  - type: foreach
    name: each
    items: "\${list}"
    as: one
    steps:
      - {type: health_check, url: "http://\${one}.test/", output: status}
      - {type: conditional, condition: "\${status} == 'failed'", steps: [{type: delay, seconds: 1}], else: [{type: delay, seconds: 2}]}
  - {type: state_update, name: s, file: f.json, updates: {".a.\${app}": "\${built}"}}
  - {type: parallel, name: p, branches: {l: [{type: delay, seconds: 1}], r: [{type: delay, seconds: 1}]}}
rollback: {on_failure: [{type: command, name: r, command: "echo \${error_message}"}]}
notifications: {on_failure: [{channel: log, message: "\${failed_step}"}]}
triggers: [{deploy_failed: {service: "\${app}"}}]
`;

/** Reads a text; all it may throw is `template-invalid`, with places that are in the text. */
function look(text: string, table = stepTypes as typeof shapes): void {
  try {
    readTemplate({ name: "t", file: "t.yml", text }, table, { channels: [], exists: () => true });
  } catch (thrown) {
    if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "template-invalid") throw thrown;
    const { faults } = thrown.problem;
    expect(faults.some(({ severity }) => severity === "error")).toBe(true);
    const lines = text.replace(/^\uFEFF/, "").split(/\r\n?|\n/);
    for (const fault of faults) {
      const line = lines[fault.line - 1];
      expect(line).toBeDefined();
      expect(fault.column).toBeGreaterThan(0);
      expect(fault.column).toBeLessThanOrEqual((line ?? "").length + 1);
      expect(fault.excerpt).toBe(line);
      expect(showFault(fault)).toContain(`t.yml:${fault.line}:${fault.column}: `);
    }
  }
}

const scraps = [
  "${",
  "}",
  "'",
  '"',
  "\t",
  "\n",
  "  ",
  "- ",
  ": ",
  "&a ",
  "*a",
  "#",
  "|",
  ">",
  "[",
  "]",
  "{",
  "}",
  "!!str ",
  "~",
  "\\",
  "`",
  "x",
  "__proto__",
  "<<: ",
  "? ",
  "%",
  "@",
  "---\n",
  "\u0000",
  "é",
  "😀",
  "\uFEFF",
  "\r",
];

test("whatever is cut out of a template or put into it, only its faults are told", () => {
  const edit = fc.record({ at: fc.nat(sample.length), cut: fc.nat(12), put: fc.constantFrom("", ...scraps) });
  const edits = fc.array(edit, { minLength: 1, maxLength: 4 });
  const changed = edits.map((list) =>
    list.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), sample),
  );
  fc.assert(
    fc.property(changed, (text) => look(text)),
    options,
  );
}, 300_000);

test("whatever text is read, only faults are told", () => {
  const words = fc.array(fc.constantFrom(...scraps, "steps:", "type: command\n", "operation:", "command: "), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        words.map((list) => list.join("")),
        fc.string({ unit: "binary" }),
      ),
      (text) => look(text),
    ),
    options,
  );
}, 300_000);

test("whatever values stand where others belong, only faults are told", () => {
  const keys = new Set(JSON.stringify(templateJsonSchema(shapes)).match(/(?<=")\w+(?=":)/g));
  const word = fc.constantFrom("${app}", "${x", "true", "$${y}", "a b", "", ...Object.keys(shapes));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.array(tie("value"), { maxLength: 3 }),
      tie("mapping"),
    ),
    mapping: fc.dictionary(fc.oneof(fc.constantFrom(...keys), word), tie("value"), { maxKeys: 5 }),
  }));
  const step = fc.tuple(
    fc.constantFrom(...Object.keys(stepTypes)),
    fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 5 }),
  );
  const template = fc.record(
    {
      operation: fc.oneof(value, fc.constant({ name: "t", type: "deploy", description: "d" })),
      parameters: value,
      prerequisites: value,
      steps: fc.oneof(
        value,
        fc.array(
          step.map(([type, rest]) => ({ ...rest, type })),
          { maxLength: 4 },
        ),
      ),
      rollback: value,
      notifications: value,
      triggers: value,
      results: value,
      recovery_stats: value,
    },
    { requiredKeys: ["operation", "steps"] },
  );
  fc.assert(
    fc.property(template, (written) => look(stringify(written, { aliasDuplicateObjects: false }))),
    options,
  );
}, 300_000);

test("the template that is varied is itself without a fault", () => {
  expect(readTemplate({ name: "t", file: "t.yml", text: sample }, stepTypes).warnings.map(({ code }) => code)).toEqual([
    "unused-parameter",
    "trigger-matches-all",
  ]);
});
