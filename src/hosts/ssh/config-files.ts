/** OpenSSH's configuration as far as it tells cheaply which words it can't have a block for: most of them, and asking ssh takes time. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

const ofSystem = "/etc/ssh/ssh_config";
const deepest = 8;

/** `file`: the one that is read instead of the user's and the system's (`none`: not any). True where only ssh itself can tell. */
export function mayBeNamed(word: string, file: string | undefined, { HOME = homedir() }: Env): boolean {
  if (file === "none") return false;
  const own = join(HOME, ".ssh");
  return file === undefined
    ? [join(own, "config"), ofSystem].some((each) =>
        mayName(each, word, { home: HOME, folder: dirname(each), depth: 0 }),
      )
    : mayName(file, word, { home: HOME, folder: own, depth: 0 });
}

type Place = { home: string /** What included files are relative to. */; folder: string; depth: number };

function mayName(file: string, word: string, place: Place): boolean {
  if (place.depth === deepest) return true;
  for (const line of textOf(file).split("\n")) {
    const [, keyword = "", rest = ""] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? [];
    const words = rest.replaceAll('"', " ").split(/\s+/).filter(Boolean);
    switch (keyword.toLowerCase()) {
      case "match":
        // `Match all` says nothing of anybody.
        if (words.join(" ").toLowerCase() !== "all") return true;
        break;
      case "host":
        if (words.some((pattern) => pattern !== "*" && new Bun.Glob(pattern.replace(/[[\]{}!\\]/g, "?")).match(word)))
          return true;
        break;
      case "include":
        if (
          words.some((pattern) =>
            included(pattern, place).some((each) => mayName(each, word, { ...place, depth: place.depth + 1 })),
          )
        )
          // biome-ignore format: one expression
          return true;
    }
  }
  return false;
}

function included(pattern: string, { home, folder }: Place): string[] {
  const path = pattern.startsWith("~/") ? join(home, pattern.slice(2)) : isAbsolute(pattern) ? pattern : join(folder, pattern); // biome-ignore format: one expression
  if (!/[*?[]/.test(path)) return [path];
  return [...new Bun.Glob(path.slice(1)).scanSync({ cwd: "/", absolute: true, dot: true, onlyFiles: false })];
}

/** None, and one that can't be read, has no block. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
