/** The manual page garza(1), made from the commands and the tables of the help topics. */
import { version } from "../../core/version.ts";
import { type Command, everywhere, type Option } from "../command.ts";
import type { Entry } from "../index.ts";
import { environment, gitEnvironment, routeEnvironment, stepEnvironment } from "./environment.ts";
import { exitCodes } from "./exit-codes.ts";
import { dataFiles, repositoryFiles } from "./files.ts";

/** In the language of man(7). */
export async function manPage(entries: readonly Entry[]): Promise<string> {
  const commands = await Promise.all(entries.map(({ load }) => load()));
  const parts = [
    `.TH GARZA 1 "" "garza ${version}" "User Commands"`,
    section("NAME", `garza \\- runs operation templates (deploy, maintain, recover) from a git repository, durably`),
    section("SYNOPSIS", ".B garza\n.I COMMAND\n[flags]"),
    section(
      "DESCRIPTION",
      [
        "An operation that was accepted is never lost and never runs in two places at once. A step whose result was",
        "recorded is never run again. A step that was running when the agent died is resolved by evidence; where there",
        "is none, garza says so and does not run it again unless the step is declared idempotent or has a check.",
      ]
        .map(escaped)
        .join("\n"),
    ),
    section("EVERYWHERE", list(everywhere.map(flag))),
    section("COMMANDS", commands.map(commandText).join("\n")),
    section(
      "EXIT STATUS",
      list(exitCodes().map(([code, meaning, kinds]) => [code, kinds ? `${meaning} (${kinds})` : meaning])),
    ),
    section(
      "ENVIRONMENT",
      [
        list(environment),
        ".SS Set for the commands of steps",
        list(stepEnvironment),
        ".SS Set for a script that is a route to a host",
        list(routeEnvironment),
        ".SS Set for git, where it asks a remote",
        list(gitEnvironment),
      ].join("\n"),
    ),
    section(
      "FILES",
      [".SS In the repository", list(repositoryFiles), ".SS In the data folder", list(dataFiles)].join("\n"),
    ),
  ];
  return `${parts.join("\n")}\n`;
}

const section = (title: string, text: string) => `.SH ${title}\n${text}`;

function commandText({ name, takes, summary, about, options, examples }: Command): string {
  return [
    `.SS garza ${escaped(`${name} ${takes}`.trim())}`,
    escaped(`${summary}.`),
    ...(about ? [".PP", ...about.split("\n").map(escaped)] : []),
    ...(options.length > 0 ? [list(options.map(flag))] : []),
    ".PP",
    ".nf",
    ...examples.map((example) => escaped(`  ${example}`)),
    ".fi",
  ].join("\n");
}

const flag = ({ flags, says }: Option): [string, string] => [flags, says];

const list = (rows: readonly (readonly [string, string])[]) =>
  rows.map(([name, says]) => `.TP\n.B ${escaped(name)}\n${escaped(says)}`).join("\n");

/** One line of text, in which nothing is an instruction. */
function escaped(line: string): string {
  const text = line
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("…", "...")
    .replaceAll("'", "\\(aq")
    .replaceAll('"', "\\(dq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti");
  return text.startsWith(".") ? `\\&${text}` : text;
}
