import { distance } from "fastest-levenshtein";

/** The three template names most like what was asked for, whole or by their last part. */
export function nearestNames(asked: string, names: readonly string[]): string[] {
  const far = (name: string) => {
    const last = name.slice(name.lastIndexOf("/") + 1);
    return Math.min(distance(asked, name), distance(asked, name.replaceAll(/[/-]/g, "_")), distance(asked, last) + 1);
  };
  return names
    .map((name) => ({ name, far: far(name) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name);
}
