/** Git over HTTP on loopback: the real `git http-backend` behind a small server, for repositories by their absolute path. */
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type HttpGit = AsyncDisposable & { port: number /** So far. */; requests(): number };

/** What each `name:password` may do; without any, everybody may do all. */
export type HttpUsers = Readonly<Record<string, "push" | "read">>;

/** `onRequest`: while who asks waits for the answer. */
export async function startHttpGit(users?: HttpUsers, onRequest: () => void = () => {}): Promise<HttpGit> {
  const running = new Set<ReturnType<typeof spawn>>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    onRequest();
    const status = users ? refusal(request, users) : undefined;
    if (status !== undefined) return refuse(response, status);
    const child = backend(request, response);
    running.add(child);
    child.on("close", () => running.delete(child));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill("SIGKILL");
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refusal({ headers, url = "" }: IncomingMessage, users: HttpUsers): 401 | 403 | undefined {
  const [, login = ""] = /^Basic (.*)$/.exec(headers.authorization ?? "") ?? [];
  const may = users[Buffer.from(login, "base64").toString()];
  if (may === undefined) return 401;
  return may === "read" && url.includes("git-receive-pack") ? 403 : undefined;
}

function refuse(response: ServerResponse, status: 401 | 403): void {
  response.writeHead(status, { "WWW-Authenticate": 'Basic realm="git"', "Content-Length": "0" }).end();
}

/** As a web server runs a CGI program; what it writes is passed on as it comes. */
function backend(request: IncomingMessage, response: ServerResponse) {
  const { pathname, search } = new URL(request.url ?? "/", "http://host");
  const { headers } = request;
  const child = spawn("git", ["http-backend"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      PATH: process.env.PATH,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_PROJECT_ROOT: "/",
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "http.receivepack",
      GIT_CONFIG_VALUE_0: "true",
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: headers["content-type"],
      CONTENT_LENGTH: headers["content-length"],
      HTTP_CONTENT_ENCODING: headers["content-encoding"],
      GIT_PROTOCOL: headers["git-protocol"] as string | undefined,
    },
  });
  request.pipe(child.stdin);
  // Whoever is away wants no answer, and who is killed reads nothing.
  child.stdin.on("error", () => {});
  response.on("close", () => child.kill("SIGKILL"));
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    if (head === undefined) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const border = head.indexOf("\r\n\r\n");
    if (border < 0) return;
    writeHead(response, head.subarray(0, border).toString());
    response.write(head.subarray(border + 4));
    head = undefined;
  });
  // An answer that is not whole must not look like one.
  child.on("close", (code) => (code === 0 && head === undefined ? response.end() : response.destroy()));
  return child;
}

function writeHead(response: ServerResponse, text: string): void {
  let status = 200;
  for (const line of text.split("\r\n")) {
    const [, name = "", value = ""] = /^([^:]+): (.*)$/.exec(line) ?? [];
    if (name === "Status") status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
