import type { Wanted } from "../api/control.ts";
import { describe, GarzaError, problem } from "../core/problem.ts";
import { type Prepared, prepare } from "../engine/submit.ts";
import type { World } from "../engine/world.ts";
import type { Library } from "../template/library.ts";
import { registries } from "./world.ts";

/** Many at once, each template read once. Throws the one's own problem, or `batch` with what is wrong with each. */
export function prepareAll(world: World, wanted: readonly Wanted[]): Prepared[] {
  const reading = { ...world, ...registries(world), library: remembering(world.library) };
  const faults: { at: number; message: string }[] = [];
  const prepared = wanted.flatMap(({ template, ...request }, at) => {
    try {
      const source = typeof template === "string" ? reading.library.find(template) : template;
      return [prepare(reading, source, { ...request, parent: null })];
    } catch (thrown) {
      if (!(thrown instanceof GarzaError) || wanted.length === 1) throw thrown;
      faults.push({ at: at + 1, message: describe(thrown.problem) });
      return [];
    }
  });
  if (faults.length > 0) throw problem({ kind: "batch", faults, size: wanted.length });
  return prepared;
}

/** For one batch: the files are the same from its first line to its last. */
function remembering(library: Library): Library {
  const found = new Map<string, ReturnType<Library["find"]>>();
  return {
    ...library,
    find(name) {
      const source = found.get(name) ?? library.find(name);
      found.set(name, source);
      return source;
    },
  };
}
