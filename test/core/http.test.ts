import { afterAll, describe, expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { type HttpRequest, sendRequest } from "../../src/core/http.ts";
import { GarzaError } from "../../src/core/problem.ts";

const seen: { path: string; method: string; headers: Record<string, string>; body: string }[] = [];
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
const elsewhere = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
const silentSockets: Socket[] = [];
/** Says the beginning of an answer, then nothing more. */
const stalling = await listen((socket, text) => {
  if (text.startsWith("GET /body")) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin");
  if (text.startsWith("GET /cut")) socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin");
});

afterAll(async () => {
  await server.stop(true);
  await elsewhere.stop(true);
  for (const socket of silentSockets) socket.destroy();
  stalling.close();
});

async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  seen.push({ path: url.pathname + url.search, method: request.method, headers, body: await request.text() });
  const redirect = (to: string, status = 302) => new Response("moved", { status, headers: { location: to } });
  if (url.pathname === "/elsewhere") return redirect(`${elsewhere.url}landed`);
  if (url.pathname.startsWith("/hop/")) {
    const left = Number(url.pathname.slice(5));
    return left === 0 ? new Response("arrived") : redirect(`/hop/${left - 1}`);
  }
  if (url.pathname === "/to-file") return redirect("file:///etc/passwd");
  if (url.pathname === "/gzip") {
    return new Response(gzipSync("x".repeat(5_000_000)), { headers: { "content-encoding": "gzip" } });
  }
  if (url.pathname === "/latin1") {
    return new Response(new Uint8Array([0x67, 0xfc, 0x6e]), {
      headers: { "content-type": "text/plain; charset=iso-8859-1" },
    });
  }
  return new Response("hello", { status: 200, headers: { "x-answer": "yes" } });
}

function listen(talk: (socket: Socket, text: string) => void) {
  return new Promise<{ port: number; close: () => void }>((resolve) => {
    const listener = createServer((socket) => {
      silentSockets.push(socket);
      socket.on("data", (bytes) => talk(socket, String(bytes))).on("error", () => undefined);
    });
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address();
      const port = typeof address === "object" && address ? address.port : 0;
      resolve({ port, close: () => listener.close() });
    });
  });
}

const send = (path: string, more: Partial<HttpRequest> = {}, signal = new AbortController().signal) =>
  sendRequest({ method: "GET", url: new URL(path, server.url).href, timeoutMs: 5_000, ...more }, signal);

async function problemOf(work: Promise<unknown>) {
  try {
    await work;
  } catch (error) {
    if (error instanceof GarzaError) return error.problem;
    throw error;
  }
  throw new Error("it succeeded");
}

test("a request goes out as it was written and its answer comes back", async () => {
  const { headers, ...rest } = await send("/echo?x=1", { method: "post", headers: { "X-Mine": "1" }, body: "gün" });
  expect(rest).toEqual({ status: 200, body: "hello" });
  expect(headers["x-answer"]).toBe("yes");
  const last = seen.at(-1);
  expect(last).toMatchObject({ path: "/echo?x=1", method: "POST", body: "gün" });
  expect(last?.headers).toMatchObject({ "x-mine": "1", "user-agent": "garza" });
});

test("user and password of the URL become basic authorization and stay out of messages", async () => {
  const { port } = server;
  await sendRequest(
    { method: "GET", url: `http://ann:p%40ss@127.0.0.1:${port}/`, timeoutMs: 5_000 },
    new AbortController().signal,
  );
  expect(seen.at(-1)?.headers.authorization).toBe(`Basic ${btoa("ann:p@ss")}`);
  const refused = problemOf(
    sendRequest(
      { method: "GET", url: "http://ann:secret@127.0.0.1:1/a?token=t", timeoutMs: 5_000 },
      new AbortController().signal,
    ),
  );
  expect(await refused).toEqual({
    kind: "no-answer",
    where: "http://127.0.0.1:1/a",
    why: "connection refused",
    sent: false,
  });
});

describe("redirects", () => {
  test("five are followed, the sixth is one too many", async () => {
    expect((await send("/hop/5")).body).toBe("arrived");
    expect(await problemOf(send("/hop/6"))).toMatchObject({ kind: "no-answer", why: "more than 5 redirects" });
  });

  test("are the answer for other methods and where asked for", async () => {
    expect((await send("/hop/1", { method: "POST", body: "" })).status).toBe(302);
    expect((await send("/hop/1", { follow: false })).status).toBe(302);
  });

  test("take no credentials to another origin", async () => {
    await send("/elsewhere", { headers: { Authorization: "Bearer t", "X-Api-Key": "k", Accept: "text/plain" } });
    const last = seen.at(-1);
    expect(last?.path).toBe("/landed");
    expect(last?.headers).not.toHaveProperty("authorization");
    expect(last?.headers).not.toHaveProperty("x-api-key");
    expect(last?.headers.accept).toBe("text/plain");
  });

  test("never leave http and https", async () => {
    expect(await problemOf(send("/to-file"))).toMatchObject({ kind: "no-answer", why: "redirects to a file: address" });
  });
});

describe("only http and https", () => {
  for (const url of ["file:///etc/passwd", "data:text/plain,x", "ftp://127.0.0.1/", "nonsense"]) {
    test(`${url} is refused`, async () => {
      expect(await problemOf(send("/", { url }))).toMatchObject({ kind: "value-refused", code: "E_URL" });
    });
  }
});

describe("the body", () => {
  test("is cut at the limit, and the answer says so", async () => {
    const { body, truncated } = await send("/", { maxBytes: 3 });
    expect({ body, truncated }).toEqual({ body: "hel", truncated: true });
  });

  test("is decompressed under the same limit", async () => {
    const { body, truncated } = await send("/gzip", { maxBytes: 1000 });
    expect({ body, truncated }).toEqual({ body: "x".repeat(1000), truncated: true });
    expect((await send("/gzip", { maxBytes: 5_000_000 })).body).toHaveLength(5_000_000);
  });

  test("of a HEAD request is empty though an encoding is named", async () => {
    expect(await send("/gzip", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test("is decoded by the charset the answer names", async () => {
    expect((await send("/latin1")).body).toBe("gün");
  });
});

describe("no answer", () => {
  const to = (path: string) => `http://127.0.0.1:${stalling.port}${path}`;

  test("within the limit names the phase that was under way", async () => {
    expect(await problemOf(send("/", { url: to("/never"), timeoutMs: 2_000 }))).toEqual({
      kind: "no-answer",
      where: to("/never"),
      why: "no success within 2s, while waiting for the answer",
      sent: true,
    });
    expect(await problemOf(send("/", { url: to("/body"), timeoutMs: 2_000 }))).toMatchObject({
      why: "no success within 2s, while reading the answer",
    });
  });

  test("a phase's own limit ends it before the whole one", async () => {
    expect(await problemOf(send("/", { url: to("/never"), limits: { headers: 50 } }))).toMatchObject({
      why: "no success within 50ms, while waiting for the answer",
    });
  });

  test("a connection closed in the middle of the body", async () => {
    expect(await problemOf(send("/", { url: to("/cut") }))).toMatchObject({
      why: "the other side closed the connection",
    });
  });

  test("a name that does not exist", async () => {
    expect(await problemOf(send("/", { url: "http://no-such-host.invalid/" }))).toMatchObject({
      why: expect.stringMatching(/^(name not found|the name could not be looked up just now)$/),
      sent: false,
    });
  });

  test("https where plain http is spoken says that TLS is the reason", async () => {
    const problem = await problemOf(send("/", { url: `https://127.0.0.1:${server.port}/` }));
    expect(problem).toMatchObject({ kind: "no-answer", why: expect.stringMatching(/^TLS: /) });
  });

  test("a cancel rejects with the canceller's reason", async () => {
    const stop = new AbortController();
    const reason = new Error("cancelled by ann");
    const request = send("/", { url: to("/never") }, stop.signal);
    stop.abort(reason);
    expect(await request.catch((error: unknown) => error)).toBe(reason);
    expect(await send("/", {}, stop.signal).catch((error: unknown) => error)).toBe(reason);
  });
});

test("a header that would split the request is refused before anything is sent", async () => {
  const before = seen.length;
  expect(await problemOf(send("/", { headers: { "x-a": "1\r\nx-b: 2" } }))).toMatchObject({ kind: "value-refused" });
  expect(seen).toHaveLength(before);
});
