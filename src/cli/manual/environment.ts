/** Every variable that is read, and what for. */
export const environment: readonly [name: string, says: string][] = [
  ["GARZA_ROOT", "The repository, where --root does not name it"],
  ["GARZA_HOME", "The data folder; one folder serves one repository"],
  ["GARZA_SOCKET", "The agent's control socket (default: agent.sock in the data folder)"],
  ["GARZA_MAX_CONCURRENT", "Operations that run at once, in place of queue.max_concurrent"],
  ["GARZA_DIGITALOCEAN_URL", "The API's address, in place of apis.digitalocean.url"],
  ["GARZA_KILL_AT", "For tests of recovery: the program kills itself at this point of the journal"],
  ["HOME", "The data folder is below it where nothing else names one; an absolute path"],
  ["XDG_STATE_HOME", "The data folder is in garza/ in it where GARZA_HOME is not set (not on macOS)"],
  ["CREDENTIALS_DIRECTORY", "A folder of secrets, a file each, as systemd hands them over"],
  ["XDG_CONFIG_HOME", "The units of the user's service manager are in systemd/user/ in it (default: ~/.config)"],
  ["NOTIFY_SOCKET", "Where the service manager is told that the agent is ready, what it does, that it lives"],
  ["JOURNAL_STREAM", "Set: the log goes to the journal, and its lines need no time of their own"],
  [
    "SSH_AUTH_SOCK",
    "The SSH agent that has keys for hosts; a lasting one goes into agent.env with the agent's service",
  ],
  ["GIT_SSH_COMMAND", "How the remote is reached by ssh, as for git itself; options are added where it is an ssh"],
  ["GIT_SSH", "The same, as a program without arguments; nothing is added to it"],
  ["PATH", "Where programs are looked up"],
  ["SUDO_USER", "Who asks, for the record; else USER, else LOGNAME"],
  ["USER", "Who asks, where it was not by sudo"],
  ["LOGNAME", "Who asks, where USER is not set"],
  ["NO_COLOR", "Set to anything: no colours"],
  ["TERM", "dumb: no colours, and nothing is drawn in place"],
  ["LC_ALL", "Signs beyond ASCII are used in a UTF-8 locale; else LC_CTYPE, else LANG"],
  ["LC_CTYPE", "The same, where LC_ALL is not set"],
  ["LANG", "The same, where neither is set"],
];

/** Every variable that is set for the commands of steps. */
export const stepEnvironment: readonly [name: string, says: string][] = [
  ["GARZA_RUN", "The run's own token: the same when it is picked up again after a crash"],
  ["GARZA_FENCE", "The fencing token of the locks that the operation holds; unset without any"],
];

/** Every variable that is set for a script which is a route to a host. */
export const routeEnvironment: readonly [name: string, says: string][] = [
  ["GARZA_COMMAND", "The command line to run there"],
  ["GARZA_HOST", "The host's name in the inventory"],
  ["GARZA_ADDRESS", "Its address, from the fallback or the primary route"],
  ["GARZA_PORT", "Its port for SSH"],
  ["GARZA_USER", "Who to log in as; unset where nothing says so"],
];

/** Every variable that is set for git alone, where it asks a remote. */
export const gitEnvironment: readonly [name: string, says: string][] = [
  ["GARZA_REMOTE_USER", "The name in the remote's address, where that has a password"],
  ["GARZA_REMOTE_PASSWORD", "That password: so it stands in no argument list"],
];
