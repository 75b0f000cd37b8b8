/** Clients that ask too much, too little, or nothing at all of a real agent: operations run as if nobody were there. */
import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { openClient } from "../../../src/api/client.ts";
import { sandbox } from "../../support/sandbox.ts";
import { until } from "../../support/temporary.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
const files = {
  "operations/quick.yml": `${head}steps: [{ type: set, name: one, values: { a: 1 } }]\n`,
  "operations/much.yml": `${head}steps: [{ type: command, name: much, command: "seq 1 2000000" }]\n`,
  "operations/waits.yml": `${head}steps: [{ type: command, name: waits, command: "while [ ! -e go ]; do sleep 0.02; done" }]\n`,
};

async function withAgent() {
  const box = await sandbox({ files });
  const agent = box.start("agent");
  await agent.says("ready");
  const socket = join(box.data, "agent.sock");
  const client = openClient({ socket });
  const submit = async (...templates: string[]) => {
    const wanted = templates.map((template) => ({ template, parameters: {}, priority: 5, askedBy: "a test" }));
    const accepted = await client.submit(wanted);
    return accepted.map(({ id }) => id);
  };
  const runs = async (template: string) => {
    const [id = ""] = await submit(template);
    await agent.says(`${id} ended: success`);
  };
  return { box, agent, client, socket, submit, runs };
}

const post = (length: number) => `POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;

/** Resolves when the text has been taken. */
async function send(path: string, text: string): Promise<Socket> {
  const socket = connect(path);
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  return socket;
}

test("idle clients, halves of requests, bodies a byte at a time and clients that die hold up nothing", async () => {
  const { box, agent, client, socket, submit, runs } = await withAgent();
  await using _ = box;
  const [followed = ""] = await submit("waits");
  const open = await Promise.all([
    ...Array.from({ length: 1000 }, () => send(socket, "")),
    ...Array.from({ length: 50 }, () => send(socket, "GET /v1/agent HT")),
    ...Array.from({ length: 50 }, () => send(socket, `${post(1000)}{`)),
  ]);
  const dripping = await send(socket, post(1000));
  const drip = setInterval(() => dripping.write(" "), 10);
  const dying = await Promise.all([
    send(socket, `${post(1000)}{`),
    send(socket, `GET /v1/operations/${followed}/events?output=1 HTTP/1.1\r\nHost: x\r\n\r\n`),
    send(socket, "GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"),
  ]);
  for (const one of dying) one.destroy();

  await runs("quick");
  expect(await client.agent()).toMatchObject({ running: 1 });
  await box.write("go", "");
  await agent.says(`${followed} ended: success`);
  clearInterval(drip);
  for (const one of [...open, dripping]) one.destroy();
  await runs("quick");
  expect(agent.stderr()).not.toContain("bug");
});

test("a body of 100 MB is refused before it has been sent, said beforehand or not", async () => {
  const { box, agent, socket, runs } = await withAgent();
  await using _ = box;
  const refusal = (head: string, piece: string) =>
    new Promise<{ answer: string; sent: number }>((resolve) => {
      const sending = connect(socket);
      let [answer, sent] = ["", 0];
      sending.on("error", () => {});
      sending.on("data", (chunk) => {
        answer += chunk;
      });
      sending.on("close", () => resolve({ answer, sent }));
      const more = () => {
        while (sent < 100e6 && !sending.destroyed) {
          sent += piece.length;
          if (sending.write(piece)) continue;
          sending.once("drain", more);
          return;
        }
      };
      sending.write(head, more);
    });
  const mebibyte = " ".repeat(2 ** 20);
  const chunked = "POST /v1/operations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const { answer, sent } of [
    await refusal(post(100e6), mebibyte),
    await refusal(chunked, `100000\r\n${mebibyte}\r\n`),
  ]) {
    // Who goes on sending may find the connection closed before reading why.
    if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*"kind":"too-large"/);
    expect(sent).toBeLessThan(50e6);
  }
  await runs("quick");
  expect(agent.stderr()).not.toContain("bug");
});

test("followers that take nothing, as many as there may be, hold up no operation", async () => {
  const { box, client, socket, submit, agent } = await withAgent();
  await using _ = box;
  const [id = ""] = await submit("waits");
  const follow = `/v1/operations/${id}/events?output=1`;
  const stuck = await Promise.all(
    Array.from({ length: 199 }, () => send(socket, `GET ${follow} HTTP/1.1\r\nHost: x\r\n\r\n`)),
  );
  for (const one of stuck) one.pause();
  const [much = ""] = await submit("much");
  const last = client.watch(much, { output: true })[Symbol.asyncIterator]();
  await last.next();
  const oneMore = () => fetch(`http://garza${follow}`, { unix: socket, keepalive: false });
  expect((await oneMore()).status).toBe(503);
  await agent.says(`${much} ended: success`);
  stuck[0]?.destroy();
  for (let status = 503; status === 503; ) ({ status } = await oneMore());
  await box.write("go", "");
  await agent.says(`${id} ended: success`);
  for (const one of stuck) one.destroy();
  await last.return?.(undefined);
});

test("a client that asks for all it can get, without a pause, keeps no operation from running", async () => {
  const { box, client, socket, submit, agent } = await withAgent();
  await using _ = box;
  const ids = await submit(...Array.from({ length: 1000 }, () => "quick"));
  await agent.says(`${ids.at(-1)} ended: success`);

  const over = new AbortController();
  const answered: number[] = [];
  const clients = Array.from({ length: 64 }, async () => {
    while (!over.signal.aborted) {
      await (await fetch("http://garza/v1/operations?limit=1000", { unix: socket, keepalive: false })).arrayBuffer();
      answered.push(Date.now());
    }
  });
  await until(() => answered.length > 64);
  const [id = ""] = await submit("quick");
  await agent.says(`${id} ended: success`);
  const { queued_at, ended_at } = await client.operation(id);
  // It was done before a quarter of those that were there had their turn: its steps need not wait for theirs.
  const meanwhile = answered.filter((at) => at > queued_at && at < (ended_at ?? 0));
  expect(meanwhile.length).toBeLessThan(16);
  const [later = ""] = await submit("waits");
  await agent.says(`${later} step waits started`);
  await client.cancel(later, "a test");
  await agent.says(`${later} ended: cancelled`);
  over.abort();
  await Promise.all(clients);
});

test("a client that finds too many before the door waits, and what it asks for is done once", async () => {
  const { box, client, socket, submit, agent } = await withAgent();
  await using _ = box;
  agent.signal("SIGSTOP");
  const open: Socket[] = [];
  const isFull = () =>
    new Promise<boolean>((resolve) => {
      const one = connect(socket);
      open.push(one);
      one.once("connect", () => resolve(false));
      one.once("error", () => resolve(true));
    });
  while (!(await isFull()));
  const submitted = submit("quick");
  expect(await Promise.race([submitted, isFull()])).toBe(true);
  agent.signal("SIGCONT");
  const [id] = await submitted;
  await agent.says(`${id} ended: success`);
  expect((await client.list({ limit: 10 })).operations).toHaveLength(1);
  for (const one of open) one.destroy();
});
