/** `.fly_apps.*.status` as segments. `*` counts only where the author wrote it. */
export type StatePath = (string | number | { any: true })[];
