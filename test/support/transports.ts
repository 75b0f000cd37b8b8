/** The ways to a shared repository: a path, a real sshd, git's own HTTP backend; and what can happen on each of them. */
import { afterAll, beforeAll, describe } from "bun:test";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHttpGit } from "./http-git.ts";
import { freePort, type Sshd, type SshHome, sshHome, startSshd } from "./sshd.ts";
import { startProxy } from "./tcp-proxy.ts";
import { until } from "./temporary.ts";

export type TransportName = "file" | "ssh" | "http";

/** `repository`: the absolute path of a bare one. */
export type Transport = AsyncDisposable & {
  name: TransportName;
  url(repository: string): string;
  /** What a client needs to get through. */
  env: Readonly<Record<string, string>>;
  /** An address where nobody is. */
  nowhere: string;
  /** Nobody can be reached there, until it is `back`. */
  away(repository: string): void;
  back(repository: string): void;
  /** It takes a push and never answers, until it is `back`. */
  hang(repository: string): void;
  /** Nothing comes through any more, to a look either, until it is `back`; a path has no line. */
  fallSilent?(): void;
  /** The next push is done there, and its answer does not arrive. `isDone`: that has happened. */
  loseAnswer(repository: string): { isDone(): boolean };
  /** Connections that were made so far. */
  connections(): number;
};

/** The same tests over each of them; its servers are shared by all of these. */
export function overEach(tests: (open: () => Transport) => void): void {
  describe.each(["file", "ssh", "http"] as const)("over %s", (name) => {
    let transport: Transport | undefined;
    beforeAll(async () => {
      transport = await openTransport(name);
    });
    afterAll(() => transport?.[Symbol.asyncDispose]());
    tests(() => {
      if (!transport) throw new Error("it is open only while tests run");
      return transport;
    });
  });
}

export const openTransport = (name: TransportName): Promise<Transport> => openers[name]();

const openers = {
  async file(): Promise<Transport> {
    return {
      name: "file",
      url: (repository) => `file://${repository}`,
      env: {},
      nowhere: "file:///nowhere/at/all.git",
      away: (repository) => renameSync(repository, `${repository}.away`),
      back(repository) {
        if (existsSync(`${repository}.away`)) renameSync(`${repository}.away`, repository);
        goOn(repository);
      },
      hang,
      loseAnswer(repository) {
        const sign = mark(repository, "kill -9 $PPID");
        return { isDone: () => !existsSync(sign) };
      },
      connections: () => 0,
      async [Symbol.asyncDispose]() {},
    };
  },
  async ssh(): Promise<Transport> {
    const home = sshHome();
    const sshd = await startSshd({ accepts: home });
    const login = sshLogin(home);
    return overLine("ssh", sshd, {
      login: (port) => {
        home.trust({ ...sshd, port });
        return { url: (path) => `ssh://${sshd.user}@127.0.0.1:${port}${path}`, env: login };
      },
      end: () => home[Symbol.dispose](),
    });
  },
  async http(): Promise<Transport> {
    return overLine("http", await startHttpGit(), {
      login: (port) => ({ url: (path) => `http://127.0.0.1:${port}${path}`, env: {} }),
      end: () => {},
    });
  },
};

/** OpenSSH looks for keys in the home of the account, whatever HOME says. */
export function sshLogin({ key, knownHosts }: Pick<SshHome, "key" | "knownHosts">): Record<string, string> {
  const options = [`IdentityFile=${key}`, `UserKnownHostsFile=${knownHosts}`, "GlobalKnownHostsFile=/dev/null"];
  const flags = [...options, "IdentitiesOnly=yes"].map((option) => `-o ${option}`);
  return { GIT_SSH_COMMAND: `ssh -F /dev/null ${flags.join(" ")}` };
}

type Way = {
  login(port: number): Pick<Transport, "url" | "env">;
  end(): void;
};

/** Behind a line that can be cut, and says nothing when it is told to. */
async function overLine(
  name: TransportName,
  server: Pick<Sshd, "port"> & AsyncDisposable,
  { login, end }: Way,
): Promise<Transport> {
  const line = await startProxy(server.port);
  const { url, env } = login(line.port);
  return {
    name,
    url,
    env,
    nowhere: login(await freePort()).url("/r.git"),
    away() {
      line.refuse(true);
      line.cut();
    },
    back(repository) {
      line.refuse(false);
      line.resume();
      goOn(repository);
    },
    hang,
    fallSilent: () => line.silence(),
    loseAnswer(repository) {
      const sign = mark(repository, "touch at-the-end; while test -e at-the-end; do sleep 0.02; done");
      const end = join(repository, "at-the-end");
      const cut = until(() => existsSync(end)).then(() => {
        line.cut();
        rmSync(end);
      });
      cut.catch(() => {});
      return { isDone: () => !existsSync(sign) && !existsSync(end) };
    },
    connections: line.taken,
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      end();
    },
  };
}

function hang(repository: string): void {
  writeFileSync(join(repository, "hangs"), "");
  hook(repository, "pre-receive", "while test -e hangs; do sleep 0.02; done");
}

const goOn = (repository: string) => rmSync(join(repository, "hangs"), { force: true });

/** A file at which a push does this once: its refs are written then, and who pushes has not been told (as post-receive is). */
function mark(repository: string, then: string): string {
  const sign = join(repository, "loses");
  writeFileSync(sign, "");
  hook(repository, "reference-transaction", `if test $1 = committed && rm loses 2>/dev/null; then ${then}; fi; exit 0`);
  return sign;
}

/** It works in the repository. */
export const hook = (repository: string, name: string, body: string): void =>
  writeFileSync(join(repository, "hooks", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
