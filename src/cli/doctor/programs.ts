import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

/** What garza itself calls. */
const programs = [
  { name: "sh", args: null, needed: "every command of a template runs under it", without: fail },
  {
    name: "git",
    args: ["--version"],
    needed: "git steps, and whatever shares locks and state, need it",
    without: fail,
  },
  { name: "ssh", args: ["-V"], needed: "without it ~/.ssh/config does not hold for hosts", without: warn },
] as const;

export async function checkPrograms({ terminal: { env } }: Patient): Promise<Finding[]> {
  const PATH = env.PATH ?? "";
  return programs.map(({ name, args, needed, without }) => {
    const found = Bun.which(name, { PATH });
    if (!found)
      return without(
        name,
        `${name} is not on PATH; ${needed}`,
        `Install it, or add its folder to PATH (now ${PATH || "empty"})`,
      );
    return ok(name, args ? `${firstLine([found, ...args])} (${found})` : found);
  });
}

function firstLine(command: string[]): string {
  // `ssh -V` answers on its standard error.
  const { stdout, stderr } = Bun.spawnSync(command, { stdin: "ignore", timeout: 5_000 });
  return `${stdout}${stderr}`.split("\n")[0]?.trim() || "it said nothing";
}
