/** Every template and every step that the language's manual shows is valid. */
import { expect, test } from "bun:test";
import { registry } from "../support/platforms.ts";
import { sandbox } from "../support/sandbox.ts";
import { textOf } from "../support/sources.ts";

type Example = { heading: string; yaml: string };

async function examples(): Promise<Example[]> {
  const manual = await textOf("operations/README.md");
  return [...manual.matchAll(/^(#+ [^\n]+)$|^```yaml\n([\s\S]*?)^```$/gm)].reduce<Example[]>(
    (found, [, heading, yaml]) => {
      const last = found.at(-1);
      if (heading) found.push({ heading, yaml: "" });
      else if (last && yaml) last.yaml += yaml;
      return found;
    },
    [],
  );
}

const operation = (name: string) => `operation: { name: ${name}, type: maintain, description: An example }\n`;

/** Names that the examples use and that somebody would have set before. */
const before = `parameters:
  name: notes
  version: "1"
  old: web
  platform: fly.io
  services: [web, notes]
  regions: [fra]
  log_text: nothing
  unchanged: "no"
`;

const indent = (text: string) => text.replace(/^(?=.)/gm, "  ");

test("every step of the manual is valid in a template", async () => {
  const steps = (await examples()).filter(
    ({ heading }) => heading.startsWith("### ") && heading !== "### Values in commands",
  );
  expect(steps.filter(({ yaml }) => yaml === "").map(({ heading }) => heading)).toEqual([]);
  const templates = steps.map(({ yaml }, at) => {
    const loop = yaml.includes("from: each") ? eachService : "";
    return [`operations/step-${at}.yml`, `${operation(`step_${at}`)}${before}steps:\n${loop}${indent(yaml)}`];
  });
  await using box = await sandbox({ files: { ...surroundings, ...Object.fromEntries(templates) } });
  const { exitCode, stdout, stderr } = await box.garza("template", "validate");
  expect(`${stdout}${stderr}`.match(/.* error: .*\n.*/g) ?? []).toEqual([]);
  expect(exitCode).toBe(0);
  expect(templates.length).toBeGreaterThan(20);
});

test("the whole template, the parameters, the prerequisites and the triggers of the manual are valid", async () => {
  const all = await examples();
  const of = (heading: string) => all.find((one) => one.heading === heading)?.yaml ?? "";
  const parameters = of("## Parameters");
  const named = [...parameters.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => `\${${name}}`).join(" ");
  const use = `steps: [{ type: notification, name: tell, channel: log, message: "${named}" }]\n`;
  const files = {
    ...surroundings,
    "operations/whole.yml": of("## A template"),
    "operations/parameters.yml": `${operation("parameters")}${parameters}${use}`,
    "operations/prerequisites.yml": `${operation("prerequisites")}${of("## Prerequisites")}steps: [{ type: delay, name: rest, seconds: 0 }]\n`,
    "operations/triggers.yml": `${operation("triggers")}parameters: { service_name: notes }\n${of("## Triggers")}steps: [{ type: service_lookup, name: find, service: "\${service_name}", get: platform }]\n`,
  };
  await using box = await sandbox({ files });
  const { exitCode, stdout, stderr } = await box.garza("template", "validate");
  expect(`${stdout}${stderr}`.match(/.* error: .*\n.*/g) ?? []).toEqual([]);
  expect(exitCode).toBe(0);
});

const eachService = `  - type: foreach
    name: each
    items: \${services}
    as: service
    parallel: true
    steps: [{ type: health_check, service: "\${service}", from_registry: true, output: health }]
`;

const surroundings = {
  "infra/services.yml": registry({ web: { url: "http://127.0.0.1:9" }, notes: { url: "http://127.0.0.1:9" } }),
  "infra/hosts.yml": "hosts:\n  web1: { primary: { host: 192.0.2.1, user: deploy } }\n",
  "infra/state/deployments.json": "{}\n",
  "scripts/migrate.sh": "#!/bin/sh\n",
};
