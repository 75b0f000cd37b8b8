/** What most commands open first: the root's folders, its templates, one template by whatever it is called. */
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Places } from "../core/config.ts";
import { isWithin, readRegular } from "../core/files.ts";
import { findPlaces } from "../core/places.ts";
import { problem } from "../core/problem.ts";
import type { Library, TemplateSource } from "../template/library.ts";
import type { Call } from "./command.ts";
import type { Terminal } from "./terminal.ts";

export function openPlaces({ value, terminal: { env, cwd, platform } }: Pick<Call, "value" | "terminal">): Places {
  return findPlaces({ root: value("root"), env, cwd, platform });
}

/** The environment without what is not set. */
export function definedEnv({ env }: Pick<Terminal, "env">): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export async function openTemplates(root: string): Promise<Library> {
  const { openLibrary } = await import("../template/library.ts");
  const { builtIn } = await import("../template/built-in.ts");
  return openLibrary({ root, builtIn });
}

/** By name, or the file itself: `./x.yml`, `/srv/x.yml`, `@x.yml`, as seen from the folder one stands in. */
export function findSource(library: Library, root: string, cwd: string, typed: string): TemplateSource {
  const path = typed.startsWith("@") ? typed.slice(1) : typed;
  if (path === typed && !/^\.{0,2}\//.test(typed)) return library.find(typed);
  const file = resolve(cwd, path);
  const operations = resolve(root, "operations");
  if (isWithin(operations, file) && existsSync(file)) return library.find(relative(operations, file));
  const read = readRegular(file);
  if (!read) throw problem({ kind: "template-unreadable", name: typed, why: `there is no file ${file}` });
  return { name: path, file: path, text: read.text };
}
