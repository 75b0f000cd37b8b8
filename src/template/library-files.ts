/** The files of the operations folder. What leads out of it is refused, links included. */
import { type Dirent, existsSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { isWithin, readRegular, translate } from "../core/files.ts";
import { GarzaError, problem } from "../core/problem.ts";

/** `name` is `deploy/web`; `shown` the path below the root; `path` the real one. */
export type OperationFile = { name: string; shown: string; path: string };

const endings = [".yml", ".yaml"];
const maxBytes = 1024 * 1024;

export function openOperations(root: string) {
  const folder = resolve(root, "operations");
  const fileAt = (path: string): OperationFile => {
    const below = relative(folder, path).split(sep).join("/");
    return { name: below.replace(/\.ya?ml$/, ""), shown: `operations/${below}`, path };
  };

  return {
    /** Every template file, by name; where `x.yml` and `x.yaml` stand side by side, the first. */
    list(): OperationFile[] {
      if (!existsSync(folder)) return [];
      const found = new Map<string, OperationFile>();
      for (const path of filesBelow(folder, realpathSync(folder))) {
        const file = fileAt(path);
        if (!found.get(file.name)?.path.endsWith(".yml")) found.set(file.name, file);
      }
      return [...found.values()];
    },

    /**
     * The file that a name means, or a path (`./…` from the root, or absolute); undefined when there is none.
     * Throws `path-refused` for whatever is not in the folder: names also come from templates and over the network.
     */
    locate(asked: string): OperationFile | undefined {
      if (asked === "" || asked.includes("\0")) return undefined;
      const isPath = /^\.?\//.test(asked);
      const path = isPath ? resolve(root, asked) : resolve(folder, asked.replace(/^operations\//, ""));
      if (!isWithin(folder, path) || asked.split("/").includes("..")) throw leaves(asked);
      const isWhole = endings.some((ending) => path.endsWith(ending));
      const there = (isWhole ? [path] : endings.map((ending) => path + ending)).find((candidate) =>
        existsSync(candidate),
      );
      if (there === undefined) return undefined;
      if (!isWithin(realpathSync(folder), realpathSync(there))) throw leaves(asked);
      return fileAt(there);
    },

    read: ({ path, shown, name }: OperationFile): string => readText(path, shown, name),

    /** For looking through all of them: what can't be read is no reason not to find another. */
    readQuietly(name: string): { name: string; file: string; text: string } | undefined {
      try {
        const file = this.locate(name);
        return file && { name: file.name, file: file.shown, text: this.read(file) };
      } catch (thrown) {
        if (thrown instanceof GarzaError) return undefined;
        throw thrown;
      }
    },
  };
}

const leaves = (path: string) => problem({ kind: "path-refused", path, why: "it leaves the operations folder" });

function readText(path: string, shown: string, name: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() && stat.size > maxBytes) {
    throw problem({ kind: "template-unreadable", name, why: `${shown} is larger than 1 MiB` });
  }
  const read = readOrRefuse(path, shown, name);
  if (!read) throw problem({ kind: "template-unreadable", name, why: `${shown} is gone` });
  return read.text;
}

/** A template's bytes are its author's: what is no text there is no damage of ours. */
function readOrRefuse(path: string, shown: string, name: string) {
  try {
    return readRegular(path, shown);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "data-damaged") throw thrown;
    throw problem({ kind: "template-unreadable", name, why: `${shown}: ${thrown.problem.why}` });
  }
}

/** `above`: the real folders on the way, so that a link into one of them does not lead round in circles. */
function* filesBelow(folder: string, realRoot: string, above: readonly string[] = []): Generator<string> {
  const real = realpathSync(folder);
  if (above.includes(real)) return;
  for (const entry of entriesOf(folder)) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    const kind = kindOf(entry, path, realRoot);
    if (kind === "folder") yield* filesBelow(path, realRoot, [...above, real]);
    if (kind === "file" && endings.some((ending) => entry.name.endsWith(ending))) yield path;
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw translate(cause, folder);
  }
}

/** Undefined: the link leads nowhere, or to itself. */
function targetOf(link: string): Stats | undefined {
  try {
    return statSync(link, { throwIfNoEntry: false });
  } catch (cause) {
    if ((cause as { code?: string }).code === "ELOOP") return undefined;
    throw translate(cause, link);
  }
}

/** A link counts as what it leads to, as long as it stays in the folder. */
function kindOf(entry: Dirent, path: string, realRoot: string): "file" | "folder" | "other" {
  if (!entry.isSymbolicLink()) return entry.isDirectory() ? "folder" : entry.isFile() ? "file" : "other";
  const stat = targetOf(path);
  if (!stat || !isWithin(realRoot, realpathSync(path))) return "other";
  return stat.isDirectory() ? "folder" : stat.isFile() ? "file" : "other";
}
