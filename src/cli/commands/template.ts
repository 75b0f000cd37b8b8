import { GarzaError } from "../../core/problem.ts";
import type { Mapping } from "../../core/value.ts";
import type { Template } from "../../template/template.ts";
import { walkSteps } from "../../template/template.ts";
import type { Command } from "../command.ts";
import { findSource, openPlaces, openTemplates } from "../open.ts";
import { json, oneLine, paintFor, table } from "../output.ts";
import { openReader } from "../read-templates.ts";
import { templateText } from "../template-text.ts";

export const list: Command = {
  name: "template list",
  takes: "",
  summary: "The templates of this repository and those built in",
  options: [],
  examples: ["garza template list", "garza template list --json | jq -r .[].name"],
  async run(call) {
    const { root } = openPlaces(call);
    const library = await openTemplates(root);
    const read = await openReader(root, library);
    const found = library.list().map(({ name, file }) => {
      const builtIn = file.startsWith("built-in:");
      try {
        const { type, description } = read(library.find(name)).template.operation;
        return { name, type, description, file, built_in: builtIn, valid: true };
      } catch (thrown) {
        if (!(thrown instanceof GarzaError)) throw thrown;
        return { name, type: null, description: null, file, built_in: builtIn, valid: false };
      }
    });
    const { terminal } = call;
    if (call.flag("json")) terminal.out.write(json(found));
    else {
      const paint = paintFor(terminal.out, terminal.env);
      const rows = found.map(({ name, description, built_in, valid }) => [
        oneLine(name),
        valid ? oneLine(description ?? "") : paint.bad(`not valid: garza template validate ${oneLine(name)}`),
        built_in ? paint.faint("built in") : "",
      ]);
      terminal.out.write(`${table(rows)}\n`);
    }
    return 0;
  },
};

export const show: Command = {
  name: "template show",
  takes: "<template>",
  summary: "What a template does, and its parameters",
  options: [{ flags: "--text", says: "Print the template itself" }],
  examples: ["garza template show deploy/web", "garza template show demo/hello --text > operations/demo/mine.yml"],
  async run(call) {
    const { args, flag, terminal } = call;
    const { root } = openPlaces(call);
    const library = await openTemplates(root);
    const source = findSource(library, root, terminal.cwd, args[0] ?? "");
    if (flag("text")) {
      terminal.out.write(source.text);
      return 0;
    }
    const { template } = (await openReader(root, library))(source);
    const paint = paintFor(terminal.out, terminal.env);
    terminal.out.write(flag("json") ? json(document(template)) : templateText(template, paint));
    return 0;
  },
};

export const schema: Command = {
  name: "template schema",
  takes: "",
  summary: "Print the JSON Schema of templates, for editors",
  about: "An editor finds it by a first line: # yaml-language-server: $schema=../template.schema.json",
  options: [],
  examples: ["garza template schema > operations/template.schema.json"],
  async run({ terminal }) {
    const { templateJsonSchema } = await import("../../template/json-schema.ts");
    const { stepTypes } = await import("../../steps/index.ts");
    terminal.out.write(json(templateJsonSchema(stepTypes)));
    return 0;
  },
};

function document({ name, file, operation, parameters, prerequisites, steps, rollback }: Template): Mapping {
  const outline = (each: Template["steps"]) =>
    [...walkSteps(each)].map(({ id, name: step, type }) => ({ id, name: step, type }));
  return {
    name,
    file,
    operation: { ...operation },
    parameters: parameters.map((parameter) => ({ ...parameter })),
    prerequisites: prerequisites.map(({ check }) => check),
    steps: outline(steps),
    rollback: outline(rollback.steps),
  };
}
