import { resolve } from "node:path";
import { statOf } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import { version } from "../../core/version.ts";
import type { Command } from "../command.ts";
import { json } from "../output.ts";

export const check: Command = {
  name: "agent check",
  takes: "<copy>",
  summary: "Try this program on a copy of a database: bring it up to date, and look through it",
  about: "COPY is changed. It is what garza agent upgrade asks of a program before it takes another one's place.",
  options: [],
  examples: ["garza backup /tmp/copy.db && garza agent check /tmp/copy.db"],
  staysRoot: true,
  async run({ args, flag, terminal }) {
    const file = resolve(terminal.cwd, args[0] ?? "");
    if (!statOf(file)?.size) throw problem({ kind: "usage", message: `there is no database ${file}` });
    if (/^(garza|owner)\.db$/.test(file.split("/").at(-1) ?? "")) {
      const hint = "Make a copy: garza backup /tmp/copy.db";
      throw problem({ kind: "usage", message: `${file} may be an agent's own, and would be changed`, hint });
    }
    const { openStore } = await import("../../store/store.ts");
    const { check: lookThrough } = await import("../../store/backup.ts");
    const { newestVersion, oldestSchema } = await import("../../store/migrate.ts");
    openStore(file, terminal.clock.now, { reserveBytes: 0 }).close();
    const verdict = {
      garza: version,
      schema: newestVersion,
      needs_schema: oldestSchema,
      operations: lookThrough(file),
    };
    terminal.out.write(
      flag("json") ? json(verdict) : `${file} can be used by garza ${version}: ${verdict.operations} operations\n`,
    );
    return 0;
  },
};
