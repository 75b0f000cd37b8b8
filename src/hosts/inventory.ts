/** `infra/hosts.yml`: the machines, which of them is this one, and how the others are reached. */
export type Host = {
  name: string;
  description?: string;
  /** Marked `local: true`, or its name or address is this machine's. */
  local: boolean;
  primary?: Primary;
  /** Other routes, in their order, as written. */
  fallbacks?: readonly Fallback[];
  /** Steps at once on this host. */
  max_concurrent?: number;
  /** Where GARZA is there, for `--on`. */
  garza?: { program?: string; root?: string; home?: string };
};

/** `timeout` is in seconds. Without a port OpenSSH's configuration decides, else 22. */
export type Primary = {
  host: string;
  user?: string;
  port?: number;
  key_name?: string;
  test_command?: string;
  timeout?: number;
};

export type Fallback = Partial<Omit<Primary, "test_command">> & {
  method: string;
  description?: string;
  command?: string;
  jump?: string;
  mcp?: string;
  tool?: string;
  params?: Readonly<Record<string, unknown>>;
  script?: string;
};

/** `ssh_config` and `connection_rules`, with what holds where nothing is written. */
export type SshSettings = {
  timeoutMs: number;
  /** Further rounds over all routes, and the pause before each. */
  retries: number;
  retryDelayMs: number;
  /** `accept-new` takes the key of a host that was never seen; `off` is the old way to write it. */
  keyChecking: "strict" | "accept-new" | "off";
  /** By name where they have one, else by the file's own. */
  keys: ReadonlyMap<string, string>;
  preferDirect: boolean;
  autoFallback: boolean;
  logAllAttempts: boolean;
  notifyOnFallback: boolean;
  notifyOnAllFailed: boolean;
};

export type Inventory = {
  /** `name`, `[user@]address[:port]`; throws `host-unknown` for a bare word that neither it nor OpenSSH knows. */
  find(host: string): Host;
  /** The address that OpenSSH's configuration has for a word, where it has something to say of it. */
  aliased(word: string): string | undefined;
  names(): string[];
  ssh(): SshSettings;
};
