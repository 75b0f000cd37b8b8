/** This program under another commit: what an upgrade takes for a newer one. */
import { join } from "node:path";
import { compile } from "../../build.ts";
import { repository } from "./sources.ts";

export const newerCommit = "feedfacefeed";

export const compileNewer = (outfile: string): Promise<unknown> =>
  compile({ entry: join(repository, "src/main.ts"), outfile, define: { GARZA_COMMIT: `"${newerCommit}"` } });
