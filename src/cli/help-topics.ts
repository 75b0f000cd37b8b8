/** What `garza help` tells beside the commands. */
import { table } from "./output.ts";

export type Topic = { name: string; summary: string; text(): Promise<string> };

export const topics: readonly Topic[] = [
  {
    name: "exit-codes",
    summary: "What the exit codes mean",
    async text() {
      const { exitCodes } = await import("./manual/exit-codes.ts");
      const rows = exitCodes().flatMap(([code, meaning, kinds]) => [
        [`  ${code.padStart(3)}`, meaning],
        ...(kinds ? wrapped(kinds, 70).map((line) => ["     ", `  ${line}`]) : []),
      ]);
      return [
        "The exit code tells how it ended. Below each are the kinds of problems that end so: --json prints a problem as",
        '{"problem": {"kind": …, "message": …}}.',
        "",
        table(rows),
      ].join("\n");
    },
  },
  {
    name: "environment",
    summary: "The variables that garza reads",
    async text() {
      const { environment, gitEnvironment, routeEnvironment, stepEnvironment } = await import(
        "./manual/environment.ts"
      );
      return [
        section("Read by garza", environment),
        "A secret is looked up in the environment under its own name, after the data folder and the credentials.",
        section("Set for the commands of steps", stepEnvironment),
        section("Set for a script that is a route to a host", routeEnvironment),
        section("Set for git, where it asks a remote", gitEnvironment),
      ].join("\n\n");
    },
  },
  {
    name: "files",
    summary: "What lies in the repository and in the data folder",
    async text() {
      const { dataFiles, repositoryFiles } = await import("./manual/files.ts");
      return [
        section(
          "In the repository (--root, GARZA_ROOT, or the nearest folder above with operations/)",
          repositoryFiles,
        ),
        section("In the data folder, which is yours alone", dataFiles),
        "The data folder is GARZA_HOME, else garza/NAME-HASH in XDG_STATE_HOME or ~/.local/state (on macOS in ~/Library/Application Support); garza doctor tells which.",
      ].join("\n\n");
    },
  },
];

const section = (title: string, rows: readonly (readonly [string, string])[]) =>
  `${title}:\n${table(rows.map(([name, says]) => [`  ${name}`, says]))}`;

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
