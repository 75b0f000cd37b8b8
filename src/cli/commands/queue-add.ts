import { problem } from "../../core/problem.ts";
import { addBatch } from "../add-batch.ts";
import type { Command } from "../command.ts";
import { confirmDanger } from "../confirm.ts";
import { findSource, openPlaces, openTemplates } from "../open.ts";
import { withControl } from "../owner.ts";
import { readRequest } from "../request.ts";
import { wantedFrom } from "../submit.ts";
import { tellAccepted } from "../tell-accepted.ts";

export const add: Command = {
  name: "queue add",
  takes: "[template] [...parameters]",
  summary: "Put operations into the queue, for an agent to run",
  about: [
    "It is durable when its id is printed. TEMPLATE and parameters are as for garza run. A time is ISO 8601 with its",
    "zone (2030-01-31T12:00:00Z) or a duration from now (30m). A batch has an operation a line, as JSON:",
    '  {"template": "deploy/web", "parameters": {"version": "1.4.2"}, "priority": 8, "key": "web-1.4.2",',
    '   "timeout": "10m", "not_before": "30m", "not_after": "2h"}',
  ].join("\n"),
  options: [
    { flags: "--priority <n>", says: "0 to 9, higher is sooner (default 5)" },
    { flags: "--timeout <duration>", says: "Give up after it has run this long (30s, 5m, 2h)" },
    { flags: "--key <key>", says: "Run only once however often it is submitted with this key" },
    { flags: "--not-before <time>", says: "Begin then or later" },
    { flags: "--not-after <time>", says: "Fail as expired where it has not begun by then" },
    { flags: "--batch <file>", says: "All operations of a file, or none (--batch=- reads standard input)" },
    { flags: "--yes", says: "Answer yes where a person would be asked" },
  ],
  readsInput: true,
  examples: [
    "garza queue add demo/hello name=Ada",
    "garza queue add deploy/web version=1.4.2 --priority 8 --not-before 30m",
    "garza queue add --batch operations.jsonl --json | jq -r .operations[].id",
  ],
  async run(call) {
    const request = readRequest(call, "garza queue add");
    const batch = call.value("batch");
    if (batch !== undefined) return addBatch(call, request, batch);
    if (request.template === "") {
      const message = "queue add needs TEMPLATE, or --batch FILE";
      throw problem({ kind: "usage", message, hint: "More: garza queue add --help" });
    }
    const { terminal } = call;
    const places = openPlaces(call);
    const source = findSource(await openTemplates(places.root), places.root, terminal.cwd, request.template);
    await confirmDanger(source, request, terminal);
    const wanted = wantedFrom(source, request, terminal);
    const { accepted, agent } = await withControl(places, terminal, async (control, agent) => ({
      accepted: await control.submit([wanted]),
      agent,
    }));
    for (const each of accepted) tellAccepted(call, places, each, agent);
    return 0;
  },
};
