/** `infra/hosts.yml`: the machines, and which of them is this one. */
export type Host = {
  name: string;
  description?: string;
  /** Marked `local: true`, or its name or address is this machine's. */
  local: boolean;
  primary?: { host: string; user?: string; port: number; key_name?: string; test_command?: string; timeout?: number };
};

export type Inventory = {
  /** `name`, `[user@]address[:port]`; throws `host-unknown` for a bare word that is not in the inventory. */
  find(host: string): Host;
  names(): string[];
};
