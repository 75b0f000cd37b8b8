import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Places } from "../../core/config.ts";
import { translate } from "../../core/files.ts";
import { findPlaces } from "../../core/places.ts";
import { GarzaError, problem } from "../../core/problem.ts";
import { showSafe } from "../../core/redact.ts";
import { addAttribute } from "../../state/merge-driver.ts";
import type { Command } from "../command.ts";
import { checkRemote } from "../doctor/remote.ts";
import { addLockSettings, lockSettings } from "../lock-settings.ts";
import { keepMergeDriver } from "../merge-driver.ts";
import { json } from "../output.ts";
import settings from "../skeleton/garza.yml" with { type: "text" };
import hosts from "../skeleton/hosts.yml" with { type: "text" };
import services from "../skeleton/services.yml" with { type: "text" };
import { quoted } from "../summary.ts";
import type { Terminal } from "../terminal.ts";
import { templateText } from "./template-new.ts";

/** The lock mirror tells who holds what on this machine now: nothing to share. */
const ignored = ["infra/state/locks/"];

export const init: Command = {
  name: "init",
  takes: "[dir]",
  summary: "Make a repository for operations",
  about: "Makes what is missing, in DIR or here, and leaves alone what is there already.",
  options: [],
  staysHere: true,
  examples: ["garza init", "garza init my-operations && cd my-operations && garza run demo/hello"],
  async run({ args, flag, terminal }) {
    const folder = resolve(terminal.cwd, args[0] ?? ".");
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) throw problem({ kind: "path-refused", path: folder, why: "it is not a folder" });
    const done = await fill(folder);
    if (flag("json")) terminal.out.write(json({ root: folder, ...done }));
    else
      for (const file of done.made)
        terminal.out.write(`made  ${showSafe(join(relative(terminal.cwd, folder), file))}\n`);
    for (const file of done.kept)
      terminal.err.write(`kept  ${showSafe(join(relative(terminal.cwd, folder), file))} (it was there)\n`);
    await keepMergeDriver(folder, terminal, (text) => terminal.err.write(`${showSafe(text)}\n`));
    for (const line of await lockLines(folder, terminal, done.made.includes("garza.yml")))
      terminal.err.write(`${showSafe(line)}\n`);
    terminal.err.write(next(folder, terminal.cwd));
    return 0;
  },
};

/** What a remote means for locks and state, before somebody relies on it. A settings file of theirs is not changed. */
async function lockLines(folder: string, terminal: Terminal, isNew: boolean): Promise<string[]> {
  const { env, cwd, platform } = terminal;
  const found = await checkRemote({ terminal, places: placesOf({ root: folder, env, cwd, platform }) });
  const settings = await lockSettings(folder, terminal, found);
  if (isNew && settings.length > 0) addLockSettings(folder, settings);
  const verb = isNew ? "set     locks." : "to set  locks.";
  return [
    ...found.flatMap(({ message, remedy, setting }) => [
      `remote  ${message}`,
      ...(remedy && !(setting && isNew) ? [`        -> ${remedy}`] : []),
    ]),
    ...settings.map(({ line, why }) => `${verb}${line} in garza.yml, as ${why}`),
  ];
}

/** Null where there is no place for data yet: that is not needed to make a repository, and doctor tells of it. */
function placesOf(request: Parameters<typeof findPlaces>[0]): Places | null {
  try {
    return findPlaces(request);
  } catch (thrown) {
    if (thrown instanceof GarzaError) return null;
    throw thrown;
  }
}

async function fill(folder: string): Promise<{ made: string[]; kept: string[] }> {
  const files: Record<string, string> = {
    "garza.yml": settings,
    "operations/maintain/first.yml": templateText("maintain/first"),
    "operations/template.schema.json": await schemaText(),
    "infra/hosts.yml": hosts,
    "infra/services.yml": services,
    "infra/state/.gitkeep": "",
  };
  const made: string[] = [];
  const kept: string[] = [];
  for (const [name, text] of Object.entries(files)) (make(join(folder, name), text) ? made : kept).push(name);
  if (ignore(join(folder, ".gitignore"))) made.push(".gitignore");
  if (await addAttribute(folder)) made.push(".gitattributes");
  return { made, kept };
}

/** So that an editor completes and checks templates. */
async function schemaText(): Promise<string> {
  const { templateJsonSchema } = await import("../../template/json-schema.ts");
  const { stepTypes } = await import("../../steps/index.ts");
  return `${JSON.stringify(templateJsonSchema(stepTypes), null, 2)}\n`;
}

/** False: there is such a file already, and it stays as it is. */
function make(file: string, text: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: "wx" });
    return true;
  } catch (cause) {
    if ((cause as { code?: string }).code === "EEXIST" && existsSync(file)) return false;
    throw translate(cause, file);
  }
}

/** Adds the lines that are missing; false when none is. */
function ignore(file: string): boolean {
  const there = existsSync(file) ? readFileSync(file, "utf8") : "";
  const missing = ignored.filter((line) => !there.split(/\r?\n/).includes(line));
  if (missing.length === 0) return false;
  appendFileSync(file, `${there === "" || there.endsWith("\n") ? "" : "\n"}${missing.join("\n")}\n`);
  return true;
}

function next(folder: string, cwd: string): string {
  const go = folder === cwd ? "" : `  cd ${quoted(relative(cwd, folder))}\n`;
  return [
    "",
    ...(inRepository(folder)
      ? []
      : ["This folder is in no git repository: locks and state stay on this machine. To share them: git init", ""]),
    "Now:",
    `${go}  garza run demo/hello`,
    "  garza run maintain/first --dry-run",
    "  garza doctor",
    "",
  ].join("\n");
}

function inRepository(folder: string): boolean {
  return existsSync(join(folder, ".git")) || (folder !== dirname(folder) && inRepository(dirname(folder)));
}
