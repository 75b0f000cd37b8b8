/** What lies in the data folder; `*` stands for any name. */
export const dataFiles: readonly [name: string, says: string][] = [
  ["garza.db", "The journal: operations, steps, events, locks. Copy it with garza backup, never with cp"],
  ["garza.db-wal", "Its newest writes, part of it while it is there"],
  ["garza.db-shm", "Its shared memory while it is open"],
  ["garza.seal", "Proof that nobody else changed it since it was closed"],
  ["garza.reserve", "Room that is given up when the disk is full, so that what runs can be recorded"],
  ["owner.db", "Whoever holds its lock owns the folder; nothing is in it"],
  ["owner.db-journal", "Part of it while somebody owns the folder"],
  ["agent.json", "Who that is: process, socket, since when"],
  ["agent.env", "Variables of the agent's service, written by garza agent install; yours to change"],
  ["agent.log", "What the agent's service logs, where no journal does"],
  ["upgrade", "A copy of the database that a newer program is tried on; gone afterwards"],
  ["lingers", "Lingering was allowed for the agent's service, and ends with it"],
  ["agent.sock", "The control socket, for this user alone"],
  ["machine.json", "The random id of this folder, and the repository that it serves"],
  ["config.yml", "Settings of this machine; yours to write"],
  ["secrets.json", "Secrets set with garza secret set"],
  ["secrets", "Secrets that were given to operations that have not ended"],
  ["output", "What steps printed: a folder for each operation"],
  ["run", "What steps that run left of themselves: process, exit status"],
  ["backups", "Backups of the journal"],
  ["notifications.log", "What was sent to the channel log"],
];

/** What garza reads and writes in the repository. */
export const repositoryFiles: readonly [name: string, says: string][] = [
  ["garza.yml", "Settings of every machine; those of one machine are in config.yml in its data folder"],
  ["operations/", "Templates: a file for each, named by its path"],
  ["infra/hosts.yml", "Hosts, and the ways to reach them"],
  ["infra/services.yml", "Services and groups of them"],
  ["infra/state/*.json", "State that steps share between machines"],
  [
    ".gitattributes",
    "Names garza state merge-driver for them: git merges what both sides changed by key and by id (garza init)",
  ],
  [".git/config", "Tells this clone where that program is; set by garza init and whenever operations are run"],
  [".git/garza/", "Locks between programs on this machine that change the same files"],
  ["infra/state/operations.json", "Operations that changed something, as history.file has it"],
];
