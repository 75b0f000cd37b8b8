import { afterAll, describe, expect, test } from "bun:test";
import type { Mapping } from "../../src/core/value.ts";
import { httpRequest } from "../../src/steps/http-request.ts";
import { configured, runStep, type Surroundings, stepContext } from "../support/step-context.ts";

const seen: { method: string; headers: Record<string, string>; body: string }[] = [];
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    seen.push({ method: request.method, headers: Object.fromEntries(request.headers), body: await request.text() });
    const { pathname } = new URL(request.url);
    const json = { headers: { "content-type": "application/problem+json; charset=utf-8" } };
    if (pathname === "/json") return new Response('{"id": 7, "__proto__": {"x": 1}, "list": [null]}', json);
    if (pathname === "/null") return new Response("null", json);
    if (pathname === "/broken") return new Response("{", json);
    if (pathname === "/500") return new Response("it broke", { status: 500 });
    return new Response('{"text": 1}', { headers: { "content-type": "text/plain" } });
  },
});
afterAll(() => server.stop(true));

const send = (path: string, keys: Mapping = {}, surroundings: Surroundings = {}) =>
  runStep(httpRequest, { url: new URL(path, server.url).href, ...keys }, stepContext(surroundings));

describe("http_request", () => {
  test("its value is the parsed body where the answer is JSON, else the text", async () => {
    expect(await send("/json")).toMatchObject({
      value: { id: 7, list: [null] },
      record: { code: 200, json: { id: 7 } },
    });
    expect(await send("/json")).not.toHaveProperty("value.x");
    expect(await send("/null")).toMatchObject({ value: null, record: { json: null } });
    expect(await send("/text")).toMatchObject({ value: '{"text": 1}', record: { body: '{"text": 1}' } });
    expect(await send("/broken")).toMatchObject({ kind: "done", value: "{" });
  });

  test("another status fails it, with the beginning of the body; the record is kept", async () => {
    expect(await send("/500")).toMatchObject({
      kind: "failed",
      message: `GET ${new URL("/500", server.url).href}: status 500, expected 2xx: it broke`,
      record: { code: 500, body: "it broke" },
    });
    expect(await send("/500", { expected_status: [200, 500] })).toMatchObject({ kind: "done" });
    expect(await send("/500", { expected_status: 500, expected_body_contains: "well" })).toMatchObject({
      kind: "failed",
    });
  });

  test("it asks where it states an expectation", () => {
    expect(
      [{}, { expected_status: 200 }, { expected_body_contains: "x" }].map((keys) => httpRequest.asks?.(keys)),
    ).toEqual([false, true, true]);
  });

  test("what changes something carries the attempt's token; what only reads does not", async () => {
    await send("/", { method: "post", body: "a" });
    expect(seen.at(-1)).toMatchObject({
      method: "POST",
      body: "a",
      headers: { "idempotency-key": "0123456789abcdef01234567" },
    });
    await send("/", { method: "PUT", headers: { "Idempotency-KEY": "mine" } });
    expect(seen.at(-1)?.headers["idempotency-key"]).toBe("mine");
    await send("/");
    expect(seen.at(-1)?.headers).not.toHaveProperty("idempotency-key");
    const effects = ["get", "HEAD", "OPTIONS", "POST", "DELETE"].map((method) =>
      httpRequest.effect(configured(httpRequest, { url: "http://x/", method })),
    );
    expect(effects).toEqual(["read-only", "read-only", "read-only", "changes", "changes"]);
  });

  test("json is sent as JSON, values with their types", async () => {
    await send("/", { method: "POST", json: { n: "${n}", list: ["${name}"] } }, { names: { n: 3, name: 'a"b' } });
    expect(seen.at(-1)?.body).toBe('{"n":3,"list":["a\\"b"]}');
    expect(seen.at(-1)?.headers["content-type"]).toBe("application/json");
  });

  test("auth is basic or bearer", async () => {
    await send("/", { auth: { username: "ann", password: "${p}" } }, { names: { p: "s:e" } });
    expect(seen.at(-1)?.headers.authorization).toBe(`Basic ${btoa("ann:s:e")}`);
    await send("/", { auth: { bearer: "t" } });
    expect(seen.at(-1)?.headers.authorization).toBe("Bearer t");
    expect(() => configured(httpRequest, { url: "http://x/", auth: { username: "ann" } })).toThrow(
      "username and password",
    );
  });

  test("no answer is thrown with its reason", async () => {
    const message = (url: string) => send("/", { url }).catch((error: Error) => error.message);
    expect(await message("http://127.0.0.1:1/x")).toBe("no answer from http://127.0.0.1:1/x: connection refused");
    expect(await message("file:///etc/passwd")).toStartWith("E_URL in url: file: is not spoken here");
  });

  test("a body and json at once are a fault", () => {
    expect(httpRequest.faults?.({ body: "a", json: 1 })).toHaveLength(1);
    expect(httpRequest.faults?.({ json: 1 })).toEqual([]);
  });
});
