import type { Call, Command } from "../command.ts";
import { confirmDanger } from "../confirm.ts";
import { dryRun } from "../dry-run.ts";
import { exitOf } from "../exit-of.ts";
import { findSource, openPlaces, openTemplates } from "../open.ts";
import { readRequest } from "../request.ts";
import { runOperation } from "../run-operation.ts";
import { detach, wantedFrom } from "../submit.ts";

export const run: Command = {
  name: "run",
  takes: "<template> [...parameters]",
  summary: "Run an operation template and follow it to its end",
  about: [
    "Where an agent runs, it runs the operation; otherwise this command is the agent until its operation has ended.",
    "TEMPLATE is a name (deploy/web), or a file (./web.yml, /srv/web.yml, @web.yml). Parameters are name=value,",
    "name:=JSON, or name=@FILE for a file's text. Ctrl-C cancels and rolls back; once more leaves at once.",
    "Exit codes: 0 success, 1 failed, 2 usage, 3 template invalid, 4 prerequisite, 5 lock held, 6 cancelled,",
    "7 interrupted, 130 left by signal.",
  ].join("\n"),
  options: [
    { flags: "--dry-run", says: "Show what it would do, and change nothing" },
    { flags: "--check", says: "With --dry-run: run the prerequisites too" },
    { flags: "--timeout <duration>", says: "Give up after this long (30s, 5m, 2h)" },
    { flags: "--priority <n>", says: "0 to 9, higher is sooner (default 5)" },
    { flags: "--key <key>", says: "Run only once however often it is submitted with this key" },
    { flags: "--yes", says: "Answer yes where a person would be asked" },
    { flags: "--detach", says: "Submit to the agent and leave" },
    { flags: "--local", says: "Run it here or not at all, never through an agent" },
    { flags: "--offline", says: "Take locks of this machine alone, and publish state later (where no agent runs)" },
  ],
  examples: [
    "garza run demo/hello name=Ada",
    "garza run deploy/web version=1.4.2 --dry-run",
    "garza run ./fix.yml 'hosts=[a, b]' options:='{\"deep\": true}' --timeout 10m",
    "garza run deploy/web --json | jq -r .type",
  ],
  async onHost(call, there) {
    return (await import("../remote/run-by-agent.ts")).runByAgent(call, there);
  },
  async run(call: Call) {
    const request = readRequest(call);
    const places = openPlaces(call);
    const source = findSource(await openTemplates(places.root), places.root, call.terminal.cwd, request.template);
    if (request.dryRun) return dryRun(source, request, places, call.terminal);
    await confirmDanger(source, request, call.terminal);
    const { terminal } = call;
    const wanted = wantedFrom(source, request, terminal);
    if (request.detach) return detach(wanted, places, call);
    return exitOf(
      await runOperation({ places, terminal, ...request }, async (control) => {
        const [accepted] = await control.submit([wanted]);
        if (!accepted) throw new Error("nothing was accepted");
        return accepted;
      }),
    );
  },
};
