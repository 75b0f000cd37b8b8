/**
 * A page that is a session: Markdown whose ```console blocks hold commands (`$ …`) and what they print. Run anew, in an
 * empty home, what they print is put in place of what stands there. Between the blocks comments, which readers do not see, say
 * what has to happen first: `<!-- until FILE has "TEXT" -->`, `<!-- quietly COMMAND -->`; and `<!-- file PATH -->`
 * stands before a block that is a file's text.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { compiledProgram, endSteps } from "../support/sandbox.ts";
import { until } from "../support/temporary.ts";
import { openShell, type Shell } from "./shell.ts";
import { type Steady, steady } from "./steady.ts";

/** The page with what its commands print now, but for what differs each time. */
export async function runSession(page: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "garza-day-")));
  const home = join(folder, "home");
  const shell = await openHome(folder, home);
  const same = steady(home);
  try {
    const parts: string[] = [];
    for (const part of page.split(/(^```[\s\S]*?^```\n|^<!-- .* -->\n)/m).filter(Boolean)) {
      parts.push(await played(part, parts.at(-1) ?? "", shell, same));
    }
    return parts.join("");
  } finally {
    await shell.end();
    const data = join(home, ".local/state/garza");
    for (const each of await readdir(data).catch(() => [])) await endSteps(join(data, each));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function played(part: string, before: string, shell: Shell, same: Steady): Promise<string> {
  const [, file] = /^<!-- file (\S+) -->\n$/.exec(before) ?? [];
  if (file !== undefined) await write(join(await shell.folder(), file), part.replace(/^```.*\n|```\n$/g, ""));
  const [, quiet] = /^<!-- quietly (.*) -->\n$/.exec(part) ?? [];
  if (quiet !== undefined) await shell.run(quiet);
  const [, awaited, text] = /^<!-- until (\S+) has "(.*)" -->\n$/.exec(part) ?? [];
  if (awaited !== undefined && text !== undefined) {
    const path = join(await shell.folder(), awaited);
    await until(() => has(path, text));
  }
  return part.startsWith("```console\n") ? console(part, shell, same) : part;
}

async function console(block: string, shell: Shell, same: Steady): Promise<string> {
  let told = "```console\n";
  for (const [, command = ""] of block.matchAll(/^\$ (.*)\n/gm)) {
    const printed = await shell.run(same.real(command));
    told += `$ ${command}\n${same.shown(printed)}`;
  }
  return `${told}\`\`\`\n`;
}

async function openHome(folder: string, home: string): Promise<Shell> {
  const bin = join(folder, "bin");
  for (const path of [home, bin]) await mkdir(path);
  await symlink(compiledProgram(), join(bin, "garza"));
  const who = { USER: "ada", GIT_CONFIG_NOSYSTEM: "1" };
  return openShell(home, { HOME: home, PATH: `${bin}:${process.env.PATH ?? ""}`, LANG: "C.UTF-8", ...who });
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const has = (file: string, text: string) => existsSync(file) && readFileSync(file, "utf8").includes(text);
