/** The program's own sources, for the tests that are about their shape. */
import { join, normalize } from "node:path";

export const repository: string = normalize(join(import.meta.dir, "../.."));

/** Path from the repository to text, sorted by path. */
export async function texts(pattern: string): Promise<Map<string, string>> {
  const paths = [...new Bun.Glob(pattern).scanSync({ cwd: repository, dot: true })];
  const found = paths.filter((path) => !path.includes("node_modules/")).sort();
  return new Map(await Promise.all(found.map(async (path) => [path, await textOf(path)] as const)));
}

export const textOf = (path: string): Promise<string> => Bun.file(join(repository, path)).text();
