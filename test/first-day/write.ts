/** `bun run first-day`: runs the session of docs/first-day.md with the compiled program, and writes what it printed. */
import { join } from "node:path";
import { repository, textOf } from "../support/sources.ts";
import { runSession } from "./session.ts";

const page = "docs/first-day.md";
await Bun.write(join(repository, page), await runSession(await textOf(page)));
