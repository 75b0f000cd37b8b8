/** `bun run generate`: writes what is made from the sources and checked in: JSON Schemas for editors, the manual page. */
import { join } from "node:path";
import { commands } from "../src/cli/index.ts";
import { manPage } from "../src/cli/manual/man.ts";
import { hostsJsonSchema, servicesJsonSchema } from "../src/hosts/schemas.ts";
import { stepTypes } from "../src/steps/index.ts";
import { templateJsonSchema } from "../src/template/json-schema.ts";
import { repository } from "./support/sources.ts";

/** Path to the text that has to be there. */
export async function generated(): Promise<Record<string, string>> {
  return {
    "operations/template.schema.json": text(templateJsonSchema(stepTypes)),
    "infra/hosts.schema.json": text(hostsJsonSchema()),
    "infra/services.schema.json": text(servicesJsonSchema()),
    "man/garza.1": await manPage(commands),
  };
}

const text = (schema: unknown) => `${JSON.stringify(schema, null, 2)}\n`;

if (import.meta.main) {
  for (const [path, content] of Object.entries(await generated())) await Bun.write(join(repository, path), content);
}
