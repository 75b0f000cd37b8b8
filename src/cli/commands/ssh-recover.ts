import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { run } from "./run.ts";

const template = "recovery/ssh-lost";

export const recover: Command = {
  name: "ssh recover",
  takes: "<host> [...parameters]",
  summary: "Recover a host that lets nobody in: run recovery/ssh-lost",
  about: "PARAMETERS are those of the template (garza template show recovery/ssh-lost), the flags those of garza run.",
  options: run.options,
  examples: ["garza ssh recover web1", "garza ssh recover web1 droplet_name=web1 --dry-run"],
  staysHere: true,
  async run(call) {
    const [host = "", ...parameters] = call.args;
    const { loadInventory } = await import("../../hosts/read-inventory.ts");
    loadInventory(openPlaces(call).root, { env: call.terminal.env }).find(host);
    return run.run({ ...call, args: [template, `host=${host}`, ...parameters] });
  },
};
