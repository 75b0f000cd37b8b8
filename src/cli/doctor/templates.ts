import { existsSync } from "node:fs";
import { join } from "node:path";
import { GarzaError } from "../../core/problem.ts";
import type { Template } from "../../template/template.ts";
import { openTemplates } from "../open.ts";
import { programsOf } from "../programs-of.ts";
import { openReader } from "../read-templates.ts";
import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

/** Every template can be read, and what its commands call is here. */
export async function checkTemplates({ places, terminal: { env } }: Patient): Promise<Finding[]> {
  if (!places) return [];
  const library = await openTemplates(places.root);
  const read = await openReader(places.root, library);
  const findings: Finding[] = [];
  const valid: Template[] = [];
  for (const name of library.names()) {
    try {
      valid.push(read(library.find(name)).template);
    } catch (thrown) {
      if (!(thrown instanceof GarzaError)) throw thrown;
      findings.push(fail("templates", `${name} is not valid`, `garza template validate ${name}`));
    }
  }
  if (findings.length === 0) findings.push(ok("templates", `${valid.length} can be run`));
  // What is built in calls programs that this repository may never need.
  const own = valid.filter(({ file }) => !file.startsWith("built-in:"));
  return [...findings, ...missingPrograms(own, places.root, env.PATH ?? "")];
}

function missingPrograms(templates: readonly Template[], root: string, PATH: string): Finding[] {
  const users = new Map<string, string[]>();
  for (const template of templates) {
    for (const program of programsOf(template)) users.set(program, [...(users.get(program) ?? []), template.name]);
  }
  const isThere = (program: string) =>
    program.includes("/") ? existsSync(join(root, program)) || existsSync(program) : Bun.which(program, { PATH });
  const missing = [...users].filter(([program]) => !isThere(program));
  if (missing.length === 0) return [ok("programs", `${users.size} that templates call are here`)];
  return missing.map(([program, names]) =>
    warn(
      "programs",
      `${program} is not on PATH; ${names.join(", ")} calls it`,
      `Install it, or add its folder to PATH (now ${PATH})`,
    ),
  );
}
