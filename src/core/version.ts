import { version as number } from "../../package.json" with { type: "json" };

declare const GARZA_COMMIT: string;

export const version: string = number;

/** The commit that the program was built from (stamped by build.ts); `source` when it runs from source. */
export const commit: string = typeof GARZA_COMMIT === "string" ? GARZA_COMMIT : "source";
