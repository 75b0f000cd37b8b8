/** Templates by name: the files of the operations folder, then those that are built in. */
import { problem } from "../core/problem.ts";
import { hasOperationName } from "./has-operation-name.ts";
import { type OperationFile, openOperations } from "./library-files.ts";
import { nearestNames } from "./nearest-names.ts";

/** `name` is how the template is called, `file` where it was read, for faults. */
export type TemplateSource = { name: string; file: string; text: string };

export type Library = {
  /** Every template there is, by name; a file of the repository hides the built-in one of its name. */
  list(): { name: string; file: string }[];
  names(): string[];
  /**
   * By `deploy/web`, `deploy/web.yml`, `operations/deploy/web.yml`, the `operation.name` `deploy_web`, or a
   * path. Throws `template-unknown` with the three nearest names, `path-refused` for what leaves the folder
   * or is no regular file, `template-unreadable`.
   */
  find(name: string): TemplateSource;
};

/** `builtIn` is name to text. Files are looked for anew each time. */
export function openLibrary({ root, builtIn }: { root: string; builtIn: Readonly<Record<string, string>> }): Library {
  const operations = openOperations(root);

  const list = () => {
    const files = operations.list();
    const hidden = new Set(files.map(({ name }) => name));
    const others = Object.keys(builtIn).filter((name) => !hidden.has(name));
    return [...files.map(({ name, shown }) => ({ name, file: shown })), ...others.map(builtInEntry)].sort(byName);
  };
  const names = () => list().map(({ name }) => name);

  const find = (asked: string): TemplateSource => {
    const file = operations.locate(asked);
    if (file) return read(file);
    const name = plainName(asked);
    if (Object.hasOwn(builtIn, name)) return builtInSource(name, builtIn);
    return byOperationName(asked) ?? refuse(asked);
  };

  const byOperationName = (asked: string): TemplateSource | undefined => {
    const sources = list().map(({ name, file }) =>
      file.startsWith(builtInPrefix) ? builtInSource(name, builtIn) : operations.readQuietly(name),
    );
    const [found, second] = sources.filter((source) => source && hasOperationName(source.text, asked));
    if (found && second)
      throw unreadable(asked, `both ${found.name} and ${second.name} are called so; use one of these names`);
    return found;
  };

  const read = (file: OperationFile): TemplateSource => ({
    name: file.name,
    file: file.shown,
    text: operations.read(file),
  });
  const refuse = (name: string): never => {
    throw problem({ kind: "template-unknown", name, nearest: nearestNames(name, names()) });
  };
  return { list, names, find };
}

const builtInPrefix = "built-in:";
const builtInEntry = (name: string) => ({ name, file: `${builtInPrefix}${name}.yml` });
const builtInSource = (name: string, builtIn: Readonly<Record<string, string>>): TemplateSource => ({
  ...builtInEntry(name),
  text: builtIn[name] ?? "",
});

const plainName = (asked: string) => asked.replace(/^operations\//, "").replace(/\.ya?ml$/, "");
const unreadable = (name: string, why: string) => problem({ kind: "template-unreadable", name, why });
const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
