/** Connections over an inventory that a test writes, with what was said and told of them. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { GarzaError, type Problem } from "../../src/core/problem.ts";
import type { Connections } from "../../src/hosts/connection.ts";
import { openConnections } from "../../src/hosts/connections.ts";
import { currentInventory } from "../../src/hosts/read-inventory.ts";
import type { HostNote, HostSurroundings } from "../../src/hosts/surroundings.ts";
import type { Sshd, SshHome } from "./sshd.ts";

export type TestConnections = AsyncDisposable & Connections & { root: string; said: string[]; notes: HostNote[] };

/** `hosts` is the text of `infra/hosts.yml`. */
export function connectionsTo(
  hosts: string,
  { home, env, ...rest }: { home: SshHome; env?: Record<string, string> } & Partial<HostSurroundings>,
): TestConnections {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "garza-connections-")));
  for (const folder of ["infra", "data"]) mkdirSync(join(root, folder));
  writeFileSync(join(root, "infra/hosts.yml"), hosts);
  const [said, notes]: [string[], HostNote[]] = [[], []];
  const connections = openConnections({
    inventory: currentInventory(root),
    root,
    data: join(root, "data"),
    env: { PATH: process.env.PATH ?? "", HOME: home.folder, ...env },
    clock: systemClock,
    secret: () => undefined,
    mcpServer: () => undefined,
    say: (text) => said.push(text),
    notify: (note) => notes.push(note),
    ...rest,
  });
  return {
    ...connections,
    root,
    said,
    notes,
    async [Symbol.asyncDispose]() {
      await connections.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** An inventory of one host; `more` is what follows it, `route` further keys of its primary route. */
export const oneHost = ({ port, user }: Pick<Sshd, "port" | "user">, more = "", route = "") =>
  `hosts: { far: { local: false, primary: { host: 127.0.0.1, port: ${port}, user: ${user}${route} } } }\n${more}`;

/** Connects to the host `far`, and runs a command there. */
export function tryHost(hosts: string, home: SshHome, rest: Partial<Parameters<typeof connectionsTo>[1]> = {}) {
  const connections = connectionsTo(hosts, { home, ...rest });
  const { signal } = new AbortController();
  return { connections, done: connections.use("far", { signal }, (connection) => connection.exec("echo in")) };
}

export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof GarzaError) return thrown.problem;
  throw thrown ?? new Error("no problem");
}
