import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contained } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import skeleton from "../skeleton/template.yml" with { type: "text" };

export const create: Command = {
  name: "template new",
  takes: "<name>",
  summary: "Write a commented template to start from",
  options: [],
  examples: ["garza template new deploy/web", "garza template new maintain/rotate-logs"],
  async run(call) {
    const name = (call.args[0] ?? "").replace(/^operations\//, "").replace(/\.ya?ml$/, "");
    if (!/^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/.test(name)) {
      throw problem({
        kind: "usage",
        message: `${JSON.stringify(call.args[0])} can't be a template's name`,
        hint: "Small letters, digits, - and _, in folders: garza template new deploy/web",
      });
    }
    const { root } = openPlaces(call);
    const shown = join("operations", `${name}.yml`);
    const file = contained(root, shown);
    if (existsSync(file)) throw problem({ kind: "usage", message: `${shown} is there already; nothing was written` });
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, templateText(name), { flag: "wx" });
    call.terminal.out.write(`${shown}\n`);
    call.terminal.err.write(`Check it:  garza template validate ${name}\nTry it:    garza run ${name} --dry-run\n`);
    return 0;
  },
};

/** The commented template under its own name; its type is that of its folder, where that is one. */
export function templateText(name: string): string {
  const [folder = ""] = name.split("/");
  const type = ["deploy", "maintain", "recovery"].includes(folder) ? folder : "maintain";
  return skeleton.replaceAll("NAME_OF_OPERATION", name.replace(/[^a-z0-9]+/g, "_")).replace("TYPE_OF_OPERATION", type);
}
