/** Every command. The summaries are here so that `--help` loads none of them. */
import type { Command } from "./command.ts";

export type Entry = { name: string; summary: string; load(): Promise<Command> };

export const commands: readonly Entry[] = [
  {
    name: "run",
    summary: "Run an operation template and follow it to its end",
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "status",
    summary: "What runs, what ended, what needs a person; with an id, its steps",
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "queue resume",
    summary: "Carry on an interrupted operation",
    load: async () => (await import("./commands/queue.ts")).resume,
  },
  {
    name: "queue resolve",
    summary: "Say what became of a step that nobody could tell of",
    load: async () => (await import("./commands/queue.ts")).resolve,
  },
  {
    name: "logs",
    summary: "What the steps of an operation printed",
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "history",
    summary: "Operations, newest first",
    load: async () => (await import("./commands/history.ts")).history,
  },
  {
    name: "template list",
    summary: "The templates of this repository and those built in",
    load: async () => (await import("./commands/template.ts")).list,
  },
  {
    name: "template show",
    summary: "What a template does, and its parameters",
    load: async () => (await import("./commands/template.ts")).show,
  },
  {
    name: "template validate",
    summary: "Report every fault of templates",
    load: async () => (await import("./commands/template-validate.ts")).validate,
  },
  {
    name: "template new",
    summary: "Write a commented template to start from",
    load: async () => (await import("./commands/template-new.ts")).create,
  },
  {
    name: "template schema",
    summary: "Print the JSON Schema of templates, for editors",
    load: async () => (await import("./commands/template.ts")).schema,
  },
  {
    name: "secret set",
    summary: "Store a secret in the data folder",
    load: async () => (await import("./commands/secret.ts")).set,
  },
  {
    name: "secret list",
    summary: "The names of stored secrets",
    load: async () => (await import("./commands/secret.ts")).list,
  },
  {
    name: "secret remove",
    summary: "Remove a stored secret",
    load: async () => (await import("./commands/secret.ts")).remove,
  },
  {
    name: "init",
    summary: "Make a repository for operations",
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "doctor",
    summary: "Check this machine and this repository",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "completion",
    summary: "Print the completion script of a shell",
    load: async () => (await import("./commands/completion.ts")).completion,
  },
  {
    name: "version",
    summary: "Print the version",
    load: async () => (await import("./commands/version.ts")).version,
  },
];
