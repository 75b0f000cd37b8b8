import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { openClient } from "../../src/api/client.ts";
import { bodyMs } from "../../src/api/read-request.ts";
import { parseStrictly } from "../../src/api/strict-json.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { readJson } from "../../src/core/json.ts";
import { toValue } from "../../src/core/json-tree.ts";
import { GarzaError } from "../../src/core/problem.ts";
import { until } from "../support/temporary.ts";
import { known } from "./journal.ts";
import { type Served, served } from "./served.ts";

/** What is answered to a body of `POST /v1/operations`, given as text. */
async function refusal(box: Served, body: string | Uint8Array<ArrayBuffer>, path = "/v1/operations") {
  const { status, body: document } = await box.request(path, { method: "POST", body });
  return `${status} ${document.kind} ${document.detail}`;
}

async function send(box: Served, text: string): Promise<Socket> {
  const socket = connect(box.socket);
  // Unread, it would not notice its end.
  socket.on("error", () => {}).resume();
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  return socket;
}

/** What comes until the other side closes. */
function answerTo(box: Served, pieces: readonly string[]): Promise<string> {
  const socket = connect(box.socket);
  let answer = "";
  socket.on("data", (piece) => {
    answer += piece;
  });
  for (const piece of pieces) socket.write(piece);
  return new Promise((resolve, reject) => socket.on("close", () => resolve(answer)).on("error", reject));
}

test("wrong fields are told by name, with the nearest known, all at once, and nothing is submitted", async () => {
  await using box = await served();
  expect(await refusal(box, '{"template":"a","prioritee":3,"priority":"high","parameters":[]}')).toBe(
    "400 usage body: `parameters`: must be a mapping, not a list\n" +
      'body: `priority`: must be a number, not "high"\nbody: unknown field `prioritee`. Did you mean priority?',
  );
  expect(await refusal(box, '{"operations":[{"template":"a"},{"template":{"name":"b","txt":""}}]}')).toBe(
    "400 usage body: `operations[1].template.text` is missing\n" + "body: unknown field `txt`. Did you mean text?",
  );
  expect(await refusal(box, "{}")).toBe("400 usage body: `template` is missing");
  expect(await refusal(box, "[]")).toBe("400 usage body: must be a mapping, not a list");
  for (const wrong of [
    { priority: 10 }, { priority: 1.5 }, { key: "a\nb" }, { key: "" }, { timeout: "soon" }, { asked_by: "" },
    { not_before: "tomorrow" }, { not_before: "2030-01-31T12:00:00" }, { not_after: -1 }, { operations: [] },
    { parameters: { a: 1 }, text_parameters: { a: "1" } }, { text_parameters: { a: 1 } },
  ]) // biome-ignore format: a list
    expect(await refusal(box, JSON.stringify({ template: "a", ...wrong }))).toStartWith("400 usage body: ");
  expect(await refusal(box, '{"by":"me","step":"a","as":"don"}', `/v1/operations/${known}/resolve`)).toBe(
    '400 usage body: `as`: must be one of done, not-done, failed, not "don". Did you mean done?',
  );
  expect(box.asked).toEqual([]);
});

test("wrong queries are told by name", async () => {
  await using box = await served();
  const asked = async (query: string) => (await box.request(`/v1/operations?${query}`)).body.detail;
  expect(await asked("stats=failed")).toBe("query: unknown field `stats`. Did you mean status?");
  expect(await asked("limit=1&limit=2")).toBe("query: `limit` stands there twice");
  expect(await asked("limit=0")).toBe("query: `limit`: must be 1 to 1000");
  expect(await asked("status=done")).toStartWith("query: `status`: must be one of queued, ");
  const { status } = await box.request(`/v1/operations/${known}/events`, {
    headers: { "Last-Event-ID": "9".repeat(5000) },
  });
  expect(status).toBe(400);
});

test("JSON that is odd or none is refused, with its place", async () => {
  await using box = await served();
  expect(await refusal(box, "")).toContain("it is empty");
  expect(await refusal(box, '{\n "template": x}')).toContain("line 2, column 14");
  expect(await refusal(box, new Uint8Array([0x22, 0xff, 0x22]))).toBe("400 usage the body is not UTF-8");
  for (const [text, why] of [
    ['{"template":"a","template":"b"}', "twice"],
    ['{"a":{"\\u0062":1,"b":2}}', "twice"],
    ['{"template":"a","parameters":{"__proto__":{"x":1}}}', "not allowed"],
    ['{"\\u005f_proto__":1}', "not allowed"],
    ['{"constructor" :1}', "not allowed"],
    ["[".repeat(5_000), "100 brackets"],
    ["[1e999]", "too large"],
    [`[${"9".repeat(400)}]`, "too large"],
    ['{"a":1}}', "body"],
    ['"abc', "body"],
    ['"abc\\', "body"],
    ["nul", "body"],
  ] as const)
    expect(await refusal(box, text)).toContain(why);
  expect(box.bugs).toEqual([]);
});

test("JSON is read, or refused, as the strict reader of files does it", () => {
  const key = fc.constantFrom('"a"', '"b"', '"\\u0061"', '"__proto__"', '"\\\\"', '"\\""', '":"', '"{"', '""', "a");
  const scalar = fc.oneof(key, fc.constantFrom("1", "-1.5e-300", "1e999", "01", "true", "null", '"é\u2028"', '"\\'));
  const { text } = fc.letrec<{ text: string }>((tie) => {
    const member = fc.tuple(key, fc.constantFrom(":", " : "), tie("text")).map((parts) => parts.join(""));
    const mapping = fc.array(member, { maxLength: 4 }).map((members) => `{${members.join(", ")}}`);
    const list = fc.array(tie("text"), { maxLength: 4 }).map((elements) => `[ ${elements.join()}]`);
    return { text: fc.oneof({ depthSize: "small" }, scalar, mapping, list) };
  });
  const read = (reading: () => unknown) => {
    try {
      return JSON.stringify(reading());
    } catch (thrown) {
      return thrown instanceof GarzaError ? "refused" : thrown;
    }
  };
  fc.assert(
    fc.property(text, (text) => {
      expect(read(() => parseStrictly(text))).toEqual(read(() => toValue(readJson(text, "file").root)));
    }),
    { numRuns: 2000 },
  );
});

test("a body is refused by its size, said beforehand or not", async () => {
  await using box = await served();
  const mebibytes = (count: number) => `"${"x".repeat(count * 2 ** 20)}"`;
  expect(await refusal(box, `{"template":${mebibytes(1)}}`)).toBe(
    "413 too-large the body is larger than 1 MiB. Send less",
  );
  expect(await refusal(box, `{"by":${mebibytes(1)}}`, `/v1/operations/${known}/cancel`)).toStartWith("413");
  expect(await refusal(box, `{"operations":[{"template":{"name":"a","text":${mebibytes(15)}}}]}`)).toContain("201");
  expect(await refusal(box, `{"operations":[${mebibytes(16)}]}`)).toStartWith("413");
  const head = "POST /v1/operations HTTP/1.1\r\nHost: x\r\n";
  const mebibyte = `100000\r\n${" ".repeat(2 ** 20)}\r\n`;
  // No more than what it takes to be refused: who goes on sending may find the connection closed before reading why.
  expect(await answerTo(box, [`${head}Content-Length: 100000000\r\n\r\n`])).toContain('"kind":"too-large"');
  const pieces = [`${head}Transfer-Encoding: chunked\r\n\r\n`, ...Array(16).fill(mebibyte), "1\r\n \r\n"];
  expect(await answerTo(box, pieces)).toContain('"kind":"too-large"');
});

test("unknown paths and methods are problems too", async () => {
  await using box = await served();
  const answered = async (path: string, method = "GET") => {
    const { status, body } = await box.request(path, { method });
    return `${status} ${body.kind}`;
  };
  expect(await answered("/")).toBe("404 route-unknown");
  expect(await answered("/v1/operations/")).toBe("404 route-unknown");
  expect(await answered("/v2/operations")).toBe("404 route-unknown");
  expect(await answered("/v1/operations", "DELETE")).toBe("405 method-refused");
  expect(await answered(`/v1/operations/${known}/cancel`)).toBe("405 method-refused");
  const { headers, status } = await fetch("http://x/v1/operations", {
    method: "HEAD",
    unix: box.socket,
    keepalive: false,
  });
  expect([status, headers.get("allow"), headers.get("content-type")]).toEqual([
    405,
    "GET, POST",
    "application/problem+json",
  ]);
});

test("ids that are paths, or anything else but ids, name no operation", async () => {
  await using box = await served();
  for (const id of ["..%2f..", "%2e%2e%2fagent", "a%00b", "a%20b", "%", "%ff", "x".repeat(5000), "op_%25", "é"]) {
    const curl = Bun.spawn([
      "curl",
      "-s",
      "--path-as-is",
      "--unix-socket",
      box.socket,
      "-d",
      '{"by":"me"}',
      `http://x/v1/operations/${id}/cancel`,
    ]);
    expect(await new Response(curl.stdout).json()).toMatchObject({ status: 404, kind: "operation-unknown" });
  }
  for (const id of ["..", "../..", "", "a/b", "a?b", "a#b"]) {
    await expect(box.client.operation(id)).rejects.toMatchObject({ problem: { kind: "operation-unknown" } });
    await expect(box.client.cancel(id, "me")).rejects.toMatchObject({ problem: { kind: "operation-unknown" } });
    const following = box.client.follow(id, 0, new AbortController().signal)[Symbol.asyncIterator]().next();
    await expect(following).rejects.toMatchObject({ problem: { kind: "operation-unknown" } });
  }
  expect(box.asked).toEqual([]);
});

test("half requests, no requests and idle callers keep nobody from being served, nor a stop", async () => {
  await using box = await served();
  const open = [
    await send(box, "POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"),
    await send(box, "GET /v1/agent HT"),
    await send(box, "\0\x16\x03\x01 nonsense\r\n\r\n"),
    await send(box, "FOO /v1/agent HTTP/1.1\r\nHost: x\r\n\r\n"),
    ...(await Promise.all(Array.from({ length: 1000 }, () => send(box, "")))),
  ];
  expect(await box.client.agent()).toMatchObject({ pid: 7 });
  await box.stop();
  await until(() => open.every((socket) => socket.destroyed));
  expect(box.asked).toEqual([]);
  expect(box.bugs).toEqual([]);
});

test("a body that comes a byte at a time has a minute, and its half is not done", async () => {
  const late = Promise.withResolvers<void>();
  const sleep: Clock["sleep"] = (ms, signal) => (ms === bodyMs ? late.promise : systemClock.sleep(ms, signal));
  await using box = await served({}, { ...systemClock, sleep });
  const dripping = connect(box.socket);
  let answer = "";
  dripping.on("data", (chunk) => {
    answer += chunk;
  });
  dripping.write("POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  expect(await box.client.agent()).toMatchObject({ pid: 7 });
  late.resolve();
  await until(() => answer.includes("the body has not come in 60 s"));
  expect(answer).toStartWith("HTTP/1.1 400");
  await until(() => dripping.closed);
  expect(box.asked).toEqual([]);
  expect(box.bugs).toEqual([]);
});

test("more streams than are of use are refused, and there is room again when one is closed", async () => {
  await using box = await served();
  const path = `/v1/operations/${known}/events`;
  const open = await Promise.all(
    Array.from({ length: 200 }, () => send(box, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)),
  );
  await until(() => box.journal.readers === 200);
  expect((await box.request(path)).body).toMatchObject({ status: 503, kind: "busy" });
  expect(await box.client.agent()).toMatchObject({ pid: 7 });
  open[0]?.destroy();
  await until(() => box.journal.readers === 199);
  await send(box, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(() => box.journal.readers === 200);
  await box.stop();
  await until(() => open.every((socket) => socket.destroyed));
});

test("positions that are none are refused, whoever names them", async () => {
  await using box = await served();
  const path = `/v1/operations/${known}/events`;
  for (const position of ["x", "1:2", `1:${"2.3.4,".repeat(2000)}2.3.4`, "1e9", "-1", "../1"]) {
    const { body } = await box.request(path, { headers: { "Last-Event-ID": position } });
    expect(body.status).toBe(400);
    expect((await box.request(`${path}?after=${encodeURIComponent(position)}`)).body.status).toBe(400);
  }
});

test("a socket's path that is too long is no agent to who asks there", async () => {
  const client = openClient({ socket: `/tmp/${"x".repeat(300)}` });
  await expect(client.agent()).rejects.toMatchObject({ problem: { kind: "no-agent" } });
});

test("a caller that dies in its request is no bug, and its half of one is not done", async () => {
  await using box = await served();
  const dying = await send(box, "POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  dying.destroy();
  expect(await box.client.agent()).toMatchObject({ pid: 7 });
  expect(box.asked).toEqual([]);
  expect(box.bugs).toEqual([]);
});
