/** `.fly_apps.*.status` as segments. `*` counts only where the author wrote it. */
export type StatePath = (string | number | { any: true })[];

/** A path that names one place. */
export type PlainPath = (string | number)[];

/** As an author would write it: `.fly_apps["a.b"][0]`. */
export function showPath(path: StatePath): string {
  return path
    .map((segment) => {
      if (typeof segment === "object") return ".*";
      if (typeof segment === "number") return `[${segment}]`;
      return /^[A-Za-z0-9_-]+$/.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
    })
    .join("");
}
