/** Every command. The summaries are here so that `--help` loads none of them. */

import type { Command } from "./command.ts";
import { sharedCommands } from "./index-shared.ts";

/** `hidden`: for programs to call; people find it in the manual. */
export type Entry = { name: string; summary: string; hidden?: true; load(): Promise<Command> };

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
    name: "agent",
    summary: "Run the operations of the queue, until it is stopped",
    load: async () => (await import("./commands/agent.ts")).agent,
  },
  {
    name: "agent install",
    summary: "Let this machine's service manager run the agent of this repository",
    load: async () => (await import("./commands/agent-install.ts")).install,
  },
  {
    name: "agent uninstall",
    summary: "Take the agent's service away again; its data and running steps stay",
    load: async () => (await import("./commands/agent-uninstall.ts")).uninstall,
  },
  {
    name: "agent status",
    summary: "Who runs operations here, its service, and where its environment comes from",
    load: async () => (await import("./commands/agent-status.ts")).status,
  },
  {
    name: "agent reload",
    summary: "Let the agent read its configuration again; a wrong one is refused, and the old one stays",
    load: async () => (await import("./commands/agent-reload.ts")).reload,
  },
  {
    name: "agent logs",
    summary: "What the agent's service has logged",
    load: async () => (await import("./commands/agent-logs.ts")).logs,
  },
  {
    name: "agent stop",
    summary: "Stop the agent; what still runs is carried on by the next one",
    load: async () => (await import("./commands/agent-stop.ts")).stop,
  },
  {
    name: "agent upgrade",
    summary: "Put a newer program in the place of this one, under running operations",
    load: async () => (await import("./commands/agent-upgrade.ts")).upgrade,
  },
  {
    name: "agent check",
    summary: "Try this program on a copy of a database: bring it up to date, and look through it",
    load: async () => (await import("./commands/agent-check.ts")).check,
  },
  {
    name: "queue add",
    summary: "Put operations into the queue, for an agent to run",
    load: async () => (await import("./commands/queue-add.ts")).add,
  },
  {
    name: "queue list",
    summary: "Operations of the queue, and why they wait",
    load: async () => (await import("./commands/queue-list.ts")).list,
  },
  {
    name: "queue show",
    summary: "One operation with its steps, why it waits, and what to do next",
    load: async () => (await import("./commands/queue-show.ts")).show,
  },
  {
    name: "queue status",
    summary: "One operation with its steps, why it waits, and what to do next",
    load: async () => (await import("./commands/queue-show.ts")).status,
  },
  {
    name: "queue cancel",
    summary: "Take an operation out of the queue, or stop one that has begun and roll it back",
    load: async () => (await import("./commands/queue-cancel.ts")).cancel,
  },
  {
    name: "queue retry",
    summary: "Run an operation that has ended again, as a new one",
    load: async () => (await import("./commands/queue-retry.ts")).retry,
  },
  {
    name: "queue process",
    summary: "Run the operations of the queue here, as an agent in the foreground",
    load: async () => (await import("./commands/queue-process.ts")).process,
  },
  {
    name: "queue resume",
    summary: "Carry on an interrupted operation",
    load: async () => (await import("./commands/queue-resume.ts")).resume,
  },
  {
    name: "queue resolve",
    summary: "Say what became of a step that nobody could tell of",
    load: async () => (await import("./commands/queue-resolve.ts")).resolve,
  },
  {
    name: "queue rollback",
    summary: "Undo what an operation did that failed without its rollback, or was interrupted",
    load: async () => (await import("./commands/queue-rollback.ts")).rollback,
  },
  {
    name: "queue stats",
    summary: "How many operations wait, run and have ended, and who runs them",
    load: async () => (await import("./commands/queue-stats.ts")).stats,
  },
  {
    name: "queue watch",
    summary: "The whole queue as it changes: who runs, what runs and waits, what needs a person",
    load: async () => (await import("./commands/queue-watch.ts")).watch,
  },
  {
    name: "queue pause",
    summary: "Begin nothing more, of one template or at all; what runs goes on",
    load: async () => (await import("./commands/queue-pause.ts")).pause,
  },
  {
    name: "queue unpause",
    summary: "Go on after a pause, of one template or of the whole queue",
    load: async () => (await import("./commands/queue-pause.ts")).unpause,
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
  ...sharedCommands,
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
    name: "ssh",
    summary: "Log in to a host, or run a command there, by the best route that works",
    load: async () => (await import("./commands/ssh.ts")).ssh,
  },
  {
    name: "ssh test",
    summary: "Try every route to every host at once, and say why one does not work",
    load: async () => (await import("./commands/ssh-test.ts")).test,
  },
  {
    name: "ssh trust",
    summary: "Take down a host's key as known, once it has been compared",
    load: async () => (await import("./commands/ssh-trust.ts")).trust,
  },
  {
    name: "ssh recover",
    summary: "Recover a host that lets nobody in: run recovery/ssh-lost",
    load: async () => (await import("./commands/ssh-recover.ts")).recover,
  },
  {
    name: "connect",
    summary: "Join standard input and output to the agent's control socket",
    load: async () => (await import("./commands/connect.ts")).connect,
  },
  {
    name: "secret set",
    summary: "Store a secret in the data folder",
    load: async () => (await import("./commands/secret.ts")).set,
  },
  {
    name: "secret list",
    summary: "Secrets that are stored here or that templates use, and where each is found",
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
    name: "backup",
    summary: "Copy the database, and check the copy",
    load: async () => (await import("./commands/backup.ts")).backup,
  },
  {
    name: "backup list",
    summary: "The backups in the data folder, newest first",
    load: async () => (await import("./commands/backup.ts")).list,
  },
  {
    name: "backup restore",
    summary: "Put a backup in the place of the database",
    load: async () => (await import("./commands/backup.ts")).restore,
  },
  {
    name: "uninstall",
    summary: "Take away what garza has put on this machine for this repository; with --purge its data, too",
    load: async () => (await import("./commands/uninstall.ts")).uninstall,
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
