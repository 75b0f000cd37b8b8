import { type Command, everywhere, type Option, usageLine } from "./command.ts";
import { topics } from "./help-topics.ts";
import type { Entry } from "./index.ts";
import { table } from "./output.ts";

/** What `garza --help` prints. */
export function overview(entries: readonly Entry[]): string {
  return [
    "garza runs operation templates (deploy, maintain, recover) from a git repository, durably.",
    "",
    "Usage: garza COMMAND [flags]",
    "",
    table(entries.filter(({ hidden }) => !hidden).map(({ name, summary }) => [`  ${name}`, summary])),
    "",
    "Everywhere:",
    optionTable(everywhere),
    "",
    "A first try:",
    "  garza init my-operations && cd my-operations",
    "  garza run demo/hello name=Ada",
    "",
    "More on one: garza COMMAND --help",
    `More to read: ${topics.map(({ name }) => `garza help ${name}`).join(", ")}`,
    "",
  ].join("\n");
}

/** What `garza COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  return [
    `${command.summary}.`,
    "",
    usageLine(command),
    ...(command.about ? ["", command.about] : []),
    "",
    "Flags:",
    optionTable([
      ...command.options,
      ...everywhere.filter(({ flags }) => !command.staysHere || !flags.startsWith("--on")),
    ]),
    "",
    command.examples.length > 1 ? "Examples:" : "Example:",
    ...command.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

const optionTable = (options: readonly Option[]) =>
  table(options.map(({ flags, says }) => [`  ${flags.startsWith("--") ? "    " : ""}${flags}`, says]));
