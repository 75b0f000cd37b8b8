/** The commands for what machines share: state files and locks. */
import type { Entry } from "./index.ts";

export const sharedCommands: readonly Entry[] = [
  {
    name: "state get",
    summary: "Print a state file, or a value in it",
    load: async () => (await import("./commands/state-get.ts")).get,
  },
  {
    name: "state set",
    summary: "Set a value in a state file",
    load: async () => (await import("./commands/state-set.ts")).set,
  },
  {
    name: "state merge",
    summary: "Merge a JSON mapping into a state file",
    load: async () => (await import("./commands/state-merge.ts")).merge,
  },
  {
    name: "state delete",
    summary: "Delete a value from a state file",
    load: async () => (await import("./commands/state-set.ts")).remove,
  },
  {
    name: "state diff",
    summary: "What differs between the state files here and those that are committed",
    load: async () => (await import("./commands/state-diff.ts")).diff,
  },
  {
    name: "state sync",
    summary: "Push what was changed in state files here, and get what others have changed",
    load: async () => (await import("./commands/state-sync.ts")).sync,
  },
  {
    name: "state history",
    summary: "Who changed a value in a state file, when, and in which operation",
    load: async () => (await import("./commands/state-history.ts")).history,
  },
  {
    name: "state merge-driver",
    summary: "Merge three versions of a state file, as git's merge driver",
    hidden: true,
    load: async () => (await import("./commands/state-merge-driver.ts")).mergeDriver,
  },
  {
    name: "lock list",
    summary: "The locks that are held, here and by other machines",
    load: async () => (await import("./commands/lock-list.ts")).list,
  },
  {
    name: "lock show",
    summary: "Who has a lock, since when and for what, whether that machine lives, and what can be done",
    load: async () => (await import("./commands/lock-show.ts")).show,
  },
  {
    name: "lock acquire",
    summary: "Take a lock by hand, so that no operation works on the resource",
    load: async () => (await import("./commands/lock-acquire.ts")).acquire,
  },
  {
    name: "lock release",
    summary: "Give back a lock that was taken by hand, or take one away by force",
    load: async () => (await import("./commands/lock-release.ts")).release,
  },
  {
    name: "lock wait",
    summary: "Wait until a lock is free, or has run out",
    load: async () => (await import("./commands/lock-wait.ts")).wait,
  },
  {
    name: "lock doctor",
    summary: "Look for what is wrong with shared locks, and say what to do",
    load: async () => (await import("./commands/lock-doctor.ts")).lockDoctor,
  },
  {
    name: "lock gc",
    summary: "Forget locks that nobody has used for long, and pack what this clone keeps of them",
    load: async () => (await import("./commands/lock-gc.ts")).gc,
  },
  {
    name: "lock history",
    summary: "Who had a lock and when, newest first, as all machines have recorded it",
    load: async () => (await import("./commands/lock-history.ts")).history,
  },
];
