import { secretSources } from "../../agent/shown-secrets.ts";
import { prepareData } from "../../core/data-folder.ts";
import { problem } from "../../core/problem.ts";
import { maskableLength, removeSecret, requireSecretName, setSecret } from "../../core/secrets.ts";
import type { Command } from "../command.ts";
import { isYes } from "../confirm.ts";
import { openPlaces, openTemplates } from "../open.ts";
import { json, table } from "../output.ts";
import type { Terminal } from "../terminal.ts";

export const set: Command = {
  name: "secret set",
  takes: "<name>",
  summary: "Store a secret in the data folder",
  about: [
    "The value is asked for, or read from standard input; it is never an argument, which other users could see.",
    "Templates use it as ${secret.NAME}. It goes before a systemd credential, the macOS keychain and the",
    "environment, in this order.",
  ].join("\n"),
  options: [{ flags: "--yes", says: "Store also a value that is too short to be masked" }],
  readsInput: true,
  examples: ["garza secret set API_TOKEN", "pass show api-token | garza secret set API_TOKEN"],
  async run(call) {
    const { args, flag, terminal } = call;
    const [name = ""] = args;
    requireSecretName(name);
    const places = openPlaces(call);
    const value = await readValue(name, terminal);
    if (!flag("yes")) await mindLength(name, value, terminal);
    prepareData(places);
    setSecret(places.data, name, value);
    terminal.err.write(`stored ${name}\n`);
    return 0;
  },
};

export const list: Command = {
  name: "secret list",
  takes: "",
  summary: "Secrets that are stored here or that templates use, and where each is found",
  about: [
    "As the shell sees them that it is typed in: file (stored here), credential (systemd), keychain (macOS), environment,",
    "or nowhere. What the agent of a service has: garza agent status. No value is shown.",
  ].join("\n"),
  options: [],
  examples: ["garza secret list", "garza secret list --json | jq '.[] | select(.source == null)'"],
  async run(call) {
    const { root, data } = openPlaces(call);
    const library = await openTemplates(root);
    const texts = library.names().map((name) => library.find(name).text);
    const found = secretSources(data, texts, call.terminal);
    const rows = found.map(({ name, source }) => [name, source ?? "nowhere"]);
    call.terminal.out.write(call.flag("json") ? json(found) : rows.length > 0 ? `${table(rows)}\n` : "");
    return 0;
  },
};

export const remove: Command = {
  name: "secret remove",
  takes: "<name>",
  summary: "Remove a stored secret",
  options: [],
  examples: ["garza secret remove API_TOKEN"],
  async run(call) {
    const [name = ""] = call.args;
    requireSecretName(name);
    if (!removeSecret(openPlaces(call).data, name)) {
      throw problem({
        kind: "usage",
        message: `no secret ${name} is stored here`,
        hint: "List them: garza secret list",
      });
    }
    call.terminal.err.write(`removed ${name}\n`);
    return 0;
  },
};

async function readValue(name: string, terminal: Terminal): Promise<string> {
  const typed = terminal.interactive
    ? await terminal.askHidden(`Value of ${name} (not shown): `)
    : (await terminal.readInput()).replace(/\r?\n$/, "");
  if (typed === null) throw problem({ kind: "left-by-signal", message: `${name} was not stored` });
  if (typed === "") throw problem({ kind: "usage", message: `the value of ${name} is empty; nothing was stored` });
  return typed;
}

async function mindLength(name: string, value: string, terminal: Terminal): Promise<void> {
  if (value.length >= maskableLength) return;
  const why = `${name} has fewer than ${maskableLength} characters, so it can't be masked in output and logs`;
  if (!terminal.interactive) return terminal.err.write(`warning: ${why}\n`);
  if (isYes(await terminal.ask(`${why}. Store it? [y/N] `))) return;
  throw problem({ kind: "not-allowed", what: `${name} was not stored`, next: "Choose a longer value, or add --yes" });
}
