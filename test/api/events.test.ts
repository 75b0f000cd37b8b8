import { expect, test } from "bun:test";
import { connect, createServer } from "node:net";
import { openClient } from "../../src/api/client.ts";
import { beat } from "../../src/api/event-stream.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import type { OperationEvent } from "../../src/core/events.ts";
import { type Problem, problem } from "../../src/core/problem.ts";
import { until } from "../support/temporary.ts";
import { known, warning } from "./journal.ts";
import { served } from "./served.ts";

const stream = `http://x/v1/operations/${known}/events`;
const never = () => new AbortController().signal;
const curl = (socket: string, ...args: string[]) =>
  new Response(Bun.spawn(["curl", "-sN", "--unix-socket", socket, ...args]).stdout).text();

async function all(events: AsyncIterable<OperationEvent>): Promise<string[]> {
  const told: string[] = [];
  for await (const { operation, sequence } of events) told.push(`${operation} ${sequence}`);
  return told;
}

/** A clock whose heartbeats come when the test says so. */
function handClock() {
  const waiting = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) =>
      ms === beat ? new Promise((resolve) => waiting.add(resolve)) : systemClock.sleep(ms, signal),
  };
  const strike = () => {
    const now = [...waiting];
    waiting.clear();
    for (const wake of now) wake();
  };
  return { clock, strike, waiting };
}

test("a stream tells what is stored and what comes, and ends with the operation", async () => {
  await using box = await served();
  box.journal.add(warning(1), warning(1, "op_CHILD"), warning(2));
  const text = curl(box.socket, stream);
  await until(() => box.journal.read === 3);
  box.journal.add(warning(3));
  box.journal.end();
  const data = (event: OperationEvent) => `data: ${JSON.stringify(event)}\n\n`;
  expect(await text).toBe(
    `retry: 1000\n\nid: 1\n${data(warning(1))}id: 1:op_CHILD@1\n${data(warning(1, "op_CHILD"))}` +
      `id: 2:op_CHILD@1\n${data(warning(2))}id: 3:op_CHILD@1\n${data(warning(3))}event: end\ndata: {}\n\n`,
  );
  expect(box.journal.readers).toBe(0);
});

test("a reader goes on behind the event it names; the header is newer than the address", async () => {
  await using box = await served();
  box.journal.add(warning(1), warning(2), warning(3));
  box.journal.end();
  expect(await curl(box.socket, `${stream}?after=2`)).not.toContain("id: 2");
  const text = await curl(box.socket, "-H", "Last-Event-ID: 2", `${stream}?after=1`);
  expect(text).toContain("id: 3");
  expect(text).not.toContain("id: 2");
});

test("the client follows over dropped connections, and tells each event once", async () => {
  await using box = await served();
  box.journal.add(warning(1), warning(1, "op_CHILD"));
  const told: string[] = [];
  for await (const { operation, sequence } of box.client.follow(known, 0, never())) {
    told.push(`${operation} ${sequence}`);
    // The server goes and comes back after the nested event, and after each of the operation's own but the first.
    if (operation === "op_CHILD" || sequence === 2) {
      await box.stop();
      await box.serveAgain();
      box.journal.add(warning(sequence + 1));
      if (sequence === 2) box.journal.end();
    }
  }
  expect(told).toEqual([`${known} 1`, "op_CHILD 1", `${known} 2`, `${known} 3`]);
});

/** A clock on which pauses take no time, but pass. */
function fastClock(): Clock {
  let passed = 0;
  const sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    passed += ms;
    // Others are heard in between.
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return { ...systemClock, sleep, monotonic: () => passed };
}

test("the client waits for an agent that is gone, says so once, and goes on where it was when one is back", async () => {
  await using box = await served();
  const client = openClient({ socket: box.socket, clock: fastClock() });
  const said: string[] = [];
  const away = Promise.withResolvers<void>();
  box.journal.add(warning(1));
  const onAway = ({ kind }: Problem) => {
    said.push(kind);
    away.resolve();
  };
  const events = client.watch(known, { onAway, onBack: () => said.push("back") })[Symbol.asyncIterator]();
  await events.next();
  await box.stop();
  const next = events.next();
  await away.promise;
  box.journal.add(warning(2));
  await box.serveAgain();
  expect((await next).value).toEqual({ event: warning(2), position: "2" });
  expect(said).toEqual(["no-agent", "back"]);
});

test("the client gives up on an agent that is away for longer than its patience", async () => {
  await using box = await served();
  const client = openClient({ socket: box.socket, clock: fastClock() });
  box.journal.add(warning(1));
  const events = client.watch(known, { patience: 10_000 })[Symbol.asyncIterator]();
  await events.next();
  await box.stop();
  await expect(events.next()).rejects.toMatchObject({ problem: { kind: "no-agent" } });
});

test("a stream that is cut off each time is no agent that is back, and is given up with patience", async () => {
  await using box = await served();
  const client = openClient({ socket: box.socket, clock: fastClock() });
  await box.stop();
  let streams = 0;
  const cutting = createServer((socket) => {
    streams++;
    socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n");
  });
  await new Promise<void>((resolve) => cutting.listen(box.socket, resolve));
  const following = all(client.follow(known, 0, never(), { patience: 5000, onBack: () => expect.unreachable() }));
  await expect(following).rejects.toMatchObject({ problem: { kind: "no-answer" } });
  expect(streams).toBeWithin(2, 10);
  cutting.close();
});

test("a problem while following comes out of the client, which does not ask again", async () => {
  let streams = 0;
  const thrown = problem({ kind: "busy", what: "the journal is being moved", next: "Wait" });
  await using box = await served({
    watch: () => {
      streams++;
      return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(thrown) }) };
    },
  });
  const caught = await all(box.client.follow(known, 0, never())).catch((error) => error);
  expect(caught.problem).toEqual(thrown.problem);
  expect(streams).toBe(1);
});

test("following ends when it is not wanted any more, on both sides", async () => {
  await using box = await served();
  box.journal.add(warning(1));
  const leaving = new AbortController();
  const told = all(box.client.follow(known, 0, leaving.signal));
  await until(() => box.journal.read === 1);
  leaving.abort();
  expect((await told).length).toBeLessThan(2);
  await until(() => box.journal.readers === 0);

  for await (const _ of box.client.follow(known, 0, never())) break;
  await until(() => box.journal.readers === 0);
});

test("a bug while following ends the stream, and is told to the agent's log alone", async () => {
  const bug = new Error("secret detail");
  await using box = await served({
    async *watch() {
      yield { event: warning(1), position: "1" };
      throw bug;
    },
  });
  const text = await curl(box.socket, stream);
  expect(text).toContain('event: problem\ndata: {"type":"about:blank"');
  expect(text).not.toContain("secret");
  expect(box.bugs).toEqual([bug]);
});

test("a silent stream has heartbeats", async () => {
  const { clock, strike, waiting } = handClock();
  await using box = await served({}, clock);
  const text = curl(box.socket, stream);
  for (let beats = 0; beats < 2; beats++) {
    await until(() => waiting.size === 1);
    strike();
  }
  await until(() => waiting.size === 1);
  box.journal.end();
  expect(await text).toBe("retry: 1000\n\n:\n\n:\n\nevent: end\ndata: {}\n\n");
});

test("a reader that takes nothing keeps nothing in memory, holds up nobody, and is left behind", async () => {
  const { clock, strike, waiting } = handClock();
  await using box = await served({}, clock);
  const long = "x".repeat(20_000);
  box.journal.add(...Array.from({ length: 2000 }, (_, index) => warning(index + 1, known, long)));
  const stuck = connect(box.socket).pause();
  stuck.write(`GET /v1/operations/${known}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(() => box.journal.read > 0);

  const others = all(box.client.follow(known, 1990, never()));
  box.journal.end();
  expect((await others).length).toBe(10);
  // Some hundred kilobytes stand in the kernel.
  expect(box.journal.read).toBeLessThan(200);
  expect(box.journal.readers).toBe(1);
  // It takes what the kernel still has room for in between.
  await until(() => {
    if (waiting.size > 0) strike();
    return box.journal.readers === 0;
  });
  stuck.destroy();
});

test("a reader that dies is let go of at once", async () => {
  await using box = await served();
  const dying = connect(box.socket);
  dying.write(`GET /v1/operations/${known}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(() => box.journal.readers === 1);
  dying.destroy();
  await until(() => box.journal.readers === 0);
});

test("a stop ends open streams without the frame that says that all was told", async () => {
  await using box = await served();
  box.journal.add(warning(1));
  const text = curl(box.socket, stream);
  await until(() => box.journal.read === 1);
  await box.stop();
  expect(await text).toEndWith("\n\n");
  expect(await text).not.toContain("event: end");
  expect(box.journal.readers).toBe(0);
});
