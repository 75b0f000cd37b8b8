import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { json, oneLine } from "../output.ts";
import { withControl } from "../owner.ts";
import { whoAsks } from "../who-asks.ts";

export const pause: Command = {
  name: "queue pause",
  takes: "[template]",
  summary: "Begin nothing more, of one template or at all; what runs goes on",
  about: "What has begun already is carried on also while the queue is paused. Operations can still be added.",
  options: [{ flags: "--reason <text>", says: "Why, for whoever wonders why nothing is begun" }],
  examples: ['garza queue pause --reason "database is being moved"', "garza queue pause deploy/web"],
  async run(call) {
    const { args, value, flag, terminal } = call;
    const [template = null] = args;
    const by = whoAsks(terminal.env);
    await withControl(openPlaces(call), terminal, (control) => control.pause(template, by, value("reason") ?? null));
    if (flag("json")) terminal.out.write(json({ template, paused: true }));
    else
      terminal.out.write(
        `${nameOf(template)} is paused. Go on: garza queue unpause${template ? ` ${oneLine(template)}` : ""}\n`,
      );
    return 0;
  },
};

export const unpause: Command = {
  name: "queue unpause",
  takes: "[template]",
  summary: "Go on after a pause, of one template or of the whole queue",
  about: "A template that is paused by itself stays so when the whole queue goes on.",
  options: [],
  examples: ["garza queue unpause", "garza queue unpause deploy/web"],
  async run(call) {
    const { args, flag, terminal } = call;
    const [template = null] = args;
    const wasPaused = await withControl(openPlaces(call), terminal, (control) => control.unpause(template));
    if (flag("json")) terminal.out.write(json({ template, paused: false, was_paused: wasPaused }));
    else terminal.out.write(`${nameOf(template)} ${wasPaused ? "goes on" : "was not paused"}\n`);
    return 0;
  },
};

const nameOf = (template: string | null) => (template === null ? "The queue" : oneLine(template));
