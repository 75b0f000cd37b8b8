import { showSafe } from "../../core/redact.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { json } from "../output.ts";
import { withControl } from "../owner.ts";
import { noRemote } from "../state-place.ts";

export const sync: Command = {
  name: "state sync",
  takes: "",
  summary: "Push what was changed in state files here, and get what others have changed",
  about: [
    "Changes of operations are pushed by themselves (state.publish in garza.yml); those that you have made by hand, or by",
    "garza state set, wait for this. They are merged by key with what others have done. Where a place was changed on both",
    "sides nothing is pushed, and the place is told. Nothing else of the work tree is committed.",
  ].join("\n"),
  options: [],
  examples: ["garza state set deployments .apps.web.status down && garza state sync"],
  async run(call) {
    const { flag, terminal } = call;
    const places = openPlaces(call);
    const synced = await withControl(places, terminal, (control) => control.syncState());
    if (!synced) throw noRemote(places.root);
    if (flag("json")) terminal.out.write(json(synced));
    else {
      const pushed = synced.files.map((file) => `pushed  ${showSafe(file)}\n`);
      terminal.out.write(pushed.length > 0 ? pushed.join("") : "Nothing was to be pushed.\n");
    }
    if (synced.tree !== null) terminal.err.write(`The work tree is not up to date: ${showSafe(synced.tree)}\n`);
    return 0;
  },
};
