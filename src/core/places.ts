/**
 * Where things live: which repository a command is about, and which folder outside of it keeps the
 * database, the output and the secrets. Finding changes nothing; `prepareData` is for what writes.
 */
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { Places } from "./config.ts";
import { statOf } from "./files.ts";
import { sha256 } from "./hash.ts";
import { problem } from "./problem.ts";

export type Env = Readonly<Record<string, string | undefined>>;

export type PlacesRequest = {
  /** `--root`, as given. */
  root?: string | undefined;
  env: Env;
  /** The folder that the command was started in, absolute. */
  cwd: string;
  platform: string;
};

/** The root and its data folder. Throws `configuration` when there is no root, or no place for the data. */
export function findPlaces(request: PlacesRequest): Places {
  const root = findRoot(request);
  return { root, data: dataFolder(root, request) };
}

/** `--root`, `GARZA_ROOT`, else the nearest parent with `operations/`; absolute, links resolved. */
export function findRoot({ root, env, cwd }: PlacesRequest): string {
  if (root !== undefined) return namedRoot(resolve(cwd, root), "--root");
  if (env.GARZA_ROOT) return namedRoot(resolve(cwd, env.GARZA_ROOT), "GARZA_ROOT");
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (isFolder(join(folder, "operations"))) return realpathSync(folder);
    if (folder === dirname(folder)) break;
  }
  throw problem({
    kind: "configuration",
    where: cwd,
    message: "neither this folder nor one above it has operations/",
    hint: "Go to your repository, name it with --root DIR or GARZA_ROOT, or make one: garza init",
  });
}

function namedRoot(folder: string, by: string): string {
  if (isFolder(join(folder, "operations"))) return realpathSync(folder);
  const message = isFolder(folder) ? "this folder has no operations/" : "there is no such folder";
  throw problem({ kind: "configuration", where: `${by} ${folder}`, message, hint: `Make it: garza init ${folder}` });
}

/**
 * `GARZA_HOME`, else the one of the system's service where the root has one, else
 * `<the platform's state folder>/garza/<name>-<8 hex of the root's real path>`.
 */
export function dataFolder(root: string, { env, cwd, platform }: PlacesRequest): string {
  if (env.GARZA_HOME) return resolve(cwd, env.GARZA_HOME);
  const ofService = platform === "linux" ? systemData(root) : undefined;
  if (ofService !== undefined) return ofService;
  const mark = sha256(root).slice(0, 8);
  return join(stateFolder(env, platform), "garza", `${basename(root) || "root"}-${mark}`);
}

/** A folder for each system service. */
export const systemFolder = "/var/lib/garza";

function systemData(root: string): string | undefined {
  if (!isFolder(systemFolder)) return undefined;
  const folders = readdirSync(systemFolder).map((name) => join(systemFolder, name));
  return folders.find((folder) => rootServedFrom(folder) === root);
}

/** Undefined: it serves none yet, or is another user's. */
function rootServedFrom(folder: string): string | undefined {
  try {
    const { root } = JSON.parse(readFileSync(join(folder, "machine.json"), "utf8")) as { root?: string };
    return root;
  } catch {
    return undefined;
  }
}

function stateFolder(env: Env, platform: string): string {
  // The XDG rules say that a relative path there counts as not set.
  if (platform !== "darwin" && env.XDG_STATE_HOME && isAbsolute(env.XDG_STATE_HOME)) return env.XDG_STATE_HOME;
  if (!env.HOME || !isAbsolute(env.HOME)) {
    throw problem({
      kind: "configuration",
      where: "HOME",
      message: env.HOME
        ? `is not an absolute path: ${env.HOME}`
        : "is not set, so there is no place for the data folder",
      hint: "Set HOME, or name the data folder with GARZA_HOME",
    });
  }
  return platform === "darwin" ? join(env.HOME, "Library", "Application Support") : join(env.HOME, ".local", "state");
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() ?? false;
}
