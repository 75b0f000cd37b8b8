import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { GarzaError, type Problem, problem } from "../../core/problem.ts";
import { type Fault, showFault } from "../../core/problems.ts";
import { showSafe } from "../../core/redact.ts";
import type { Library, TemplateSource } from "../../template/library.ts";
import type { Command } from "../command.ts";
import { findSource, openPlaces, openTemplates } from "../open.ts";
import { json } from "../output.ts";
import { openReader } from "../read-templates.ts";

export const validate: Command = {
  name: "template validate",
  takes: "[...templates]",
  summary: "Report every fault of templates",
  about:
    "TEMPLATES are names, files or folders; without any, all of the repository. Ends with 3 where one has a fault.",
  options: [{ flags: "--strict", says: "Take warnings for faults" }],
  examples: [
    "garza template validate",
    "garza template validate deploy/web ./draft.yml",
    "garza template validate --json",
  ],
  async run(call) {
    const { args, flag, terminal } = call;
    const { root } = openPlaces(call);
    const library = await openTemplates(root);
    const read = await openReader(root, library, terminal.env);
    const results = sources(library, root, terminal.cwd, args).map((each) => ({
      name: each.name,
      faults: faultsOf(each, read),
    }));
    const isBad = (fault: Fault) => flag("strict") || fault.severity === "error";
    const bad = results.filter(({ faults }) => faults.some(isBad));
    if (flag("json")) terminal.out.write(json(results));
    else {
      for (const { faults } of results)
        for (const fault of faults) terminal.out.write(`${showSafe(showFault(fault))}\n\n`);
      terminal.out.write(`${results.length} checked, ${bad.length} with faults\n`);
    }
    return bad.length > 0 ? 3 : 0;
  },
};

type Wanted = { name: string; source: () => TemplateSource };

function sources(library: Library, root: string, cwd: string, typed: readonly string[]): Wanted[] {
  const byName = (name: string): Wanted => ({ name, source: () => findSource(library, root, cwd, name) });
  if (typed.length === 0) {
    const own = library.list().filter(({ file }) => !file.startsWith("built-in:"));
    return own.map(({ name }) => ({ name, source: () => library.find(name) }));
  }
  return typed.flatMap((word) => {
    const folder = [resolve(cwd, word), resolve(root, "operations", word)].find(isFolder);
    return folder === undefined ? [byName(word)] : filesIn(folder).map(byName);
  });
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function filesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.ya?ml$/.test(file));
  if (files.length > 0) return files.sort().map((file) => join(folder, file));
  throw problem({ kind: "usage", message: `there are no templates (.yml) in ${folder}` });
}

/** Faults, warnings, and what kept it from being read at all. */
function faultsOf({ name, source }: Wanted, read: (source: TemplateSource) => { warnings: Fault[] }): Fault[] {
  try {
    return read(source()).warnings;
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    const { problem: told } = thrown;
    return told.kind === "template-invalid" ? told.faults : [unreadable(name, told, thrown.message)];
  }
}

const unreadable = (file: string, { kind }: Problem, message: string): Fault => ({
  file,
  line: 1,
  column: 1,
  severity: "error",
  code: kind,
  message,
});
