/** A service of the platform's own manager that keeps one agent running: what is written and what is called, as values. */

export type Manager = "systemd" | "launchd";
/** `user`: in the manager of whoever is logged in. `system`: the machine's. */
export type Scope = "user" | "system";

export type ServicePlace = {
  manager: Manager;
  scope: Scope;
  /** As the manager calls it. */
  unit: string;
  /** Absolute. */
  file: string;
};

export type ServiceRequest = {
  /** The last word of the unit's name. */
  name: string;
  scope: Scope;
  hardened: boolean;
  /** All absolute. */
  program: string;
  root: string;
  data: string;
  /** The work tree's root, or the root itself outside of a repository. */
  repository: string;
  /** Whom the root belongs to, and who the agent is. */
  owner: { name: string; uid: number; home: string };
};

export type Service = ServicePlace & { text: string };

/** A program and its arguments. */
export type Call = readonly [string, ...string[]];

export type ServiceCalls = {
  /** In order; after the last the agent serves (systemd), or is about to (launchd). */
  start: readonly Call[];
  /** Of one that has ended, or is to end now. */
  restart: Call;
  /** Ends it, and lets it not come back. */
  remove: readonly Call[];
  /** After its file is gone. */
  forget: readonly Call[];
  state: Call;
};

/** Fills the places of a unit's or a list's text. Throws for one that has no value: then the text is wrong. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the text of a service has a place ${name}, which nothing fills`);
    return value;
  });
}
