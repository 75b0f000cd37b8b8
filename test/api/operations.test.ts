import { expect, test } from "bun:test";
import type { Wanted } from "../../src/api/control.ts";
import { GarzaError, problem } from "../../src/core/problem.ts";
import { known } from "./journal.ts";
import { served } from "./served.ts";

const post = (body: unknown) => ({ method: "POST", body: JSON.stringify(body) });

test("an operation is submitted with what curl sends, and its defaults", async () => {
  await using box = await served();
  const body = {
    template: "demo/hello",
    parameters: { who: "you" },
    text_parameters: { n: "3" },
    not_before: "2030-01-31T12:00:00+01:00",
  };
  const curl = Bun.spawn([
    "curl",
    "-si",
    "--unix-socket",
    box.socket,
    "-d",
    JSON.stringify(body),
    "http://x/v1/operations",
  ]);
  const answer = await new Response(curl.stdout).text();
  expect(answer).toStartWith("HTTP/1.1 201 Created");
  expect(answer).toEndWith('{"id":"op_0","is_new":true,"warnings":[]}');
  const wanted = {
    template: "demo/hello",
    parameters: { who: { json: "you" }, n: { text: "3" } },
    priority: 5,
    askedBy: "socket",
    notBefore: Date.parse("2030-01-31T11:00:00Z"),
  };
  expect(box.asked).toEqual([["submit", wanted]]);
});

test("a batch is submitted as one, and answered in its order", async () => {
  await using box = await served();
  const { status, body } = await box.request(
    "/v1/operations",
    post({ operations: [{ template: "a" }, { template: { name: "b.yml", text: "x" } }] }),
  );
  expect(status).toBe(201);
  expect(body.operations).toMatchObject([{ id: "op_0" }, { id: "op_1" }]);
  expect(box.asked).toMatchObject([
    ["submit", { template: "a" }, { template: { name: "b.yml", file: "b.yml", text: "x" } }],
  ]);
});

test("the client asks for each thing in the very words of the control", async () => {
  await using box = await served();
  const wanted: Wanted = {
    template: { name: "a", file: "/x/a.yml", text: "é\u2028" },
    parameters: { typed: { text: "3" }, given: { json: { deep: [1, null] } } },
    priority: 9,
    askedBy: "me",
    key: "k",
    timeout: "10m",
    notBefore: 1,
    notAfter: 2,
  };
  const accepted = { id: "op_0", isNew: true, warnings: [] };
  expect(await box.client.submit([wanted, wanted])).toEqual([accepted, { ...accepted, id: "op_1" }]);
  await box.client.cancel(known, "me");
  expect(await box.client.retry(known, "me")).toMatchObject({ id: "op_again", isNew: true });
  await box.client.resume(known, "me");
  await box.client.resume(known, "me", "build");
  expect(await box.client.resolve(known, "build", "not-done", "me")).toBe(true);
  expect(await box.client.rollback(known, "me")).toBe("op_back");
  await box.client.pause(null, "me", null);
  await box.client.pause("deploy/web", "me", "a freeze");
  expect(await box.client.unpause(null)).toBe(true);
  expect(await box.client.syncState()).toEqual({ files: ["infra/state/a.json"], tree: null });
  expect(box.asked).toEqual([
    ["submit", wanted, wanted],
    ["cancel", known, "me"],
    ["retry", known, "me"],
    ["resume", known, "me", undefined],
    ["resume", known, "me", "build"],
    ["resolve", known, "build", "not-done", "me"],
    ["rollback", known, "me"],
    ["pause", null, "me", null],
    ["pause", "deploy/web", "me", "a freeze"],
    ["unpause", null],
  ]);
});

test("the client reads an operation, a page of the list, the queue's figures and who serves", async () => {
  await using box = await served();
  expect(await box.client.operation("01ABC")).toMatchObject({ id: known, steps: [] });
  const page: unknown = await box.client.list({ limit: 2, status: "failed", template: "a&b=c", cursor: "x" });
  expect(page).toEqual({
    operations: [{ id: known, filter: { limit: 2, status: "failed", template: "a&b=c", cursor: "x" } }],
    next: "n",
  });
  expect((await box.request("/v1/operations")).body.operations).toEqual([{ id: known, filter: { limit: 50 } }]);
  expect(await box.client.stats()).toMatchObject({ queued: 3 });
  expect(await box.client.agent()).toMatchObject({
    pid: 7,
    socket: box.socket,
    running: 1,
    uptime_ms: expect.any(Number),
  });
});

test("a problem comes out of the client as it went into the server", async () => {
  const thrown = problem({ kind: "key-used", key: "k", operation: known });
  await using box = await served({ cancel: () => Promise.reject(thrown) });
  const { status, body } = await box.request(`/v1/operations/${known}/cancel`, post({ by: "me" }));
  expect(status).toBe(409);
  expect(body).toEqual({
    type: "about:blank",
    title: "Conflict",
    status: 409,
    kind: "key-used",
    detail: thrown.message,
    key: "k",
    operation: known,
  });
  const caught = await box.client.cancel(known, "me").catch((error) => error);
  expect(caught).toBeInstanceOf(GarzaError);
  expect(caught.problem).toEqual(thrown.problem);
});

test("a bug is told to the agent's log, and nothing of it to the caller", async () => {
  const bug = new Error("secret detail");
  await using box = await served({ cancel: () => Promise.reject(bug) });
  const { status, body } = await box.request(`/v1/operations/${known}/cancel`, post({ by: "me" }));
  expect({ status, kind: body.kind }).toEqual({ status: 500, kind: "bug" });
  expect(JSON.stringify(body)).not.toContain("secret");
  expect(box.bugs).toEqual([bug]);
  await expect(box.client.cancel(known, "me")).rejects.toMatchObject({ problem: { kind: "input-output" } });
});

test("without an agent each thing says so, and how to start one", async () => {
  await using box = await served();
  await box.stop();
  const { client } = box;
  for (const ask of [() => client.agent(), () => client.cancel(known, "me"), () => client.operation(known)])
    await expect(ask()).rejects.toMatchObject({ problem: { kind: "no-agent", socket: box.socket } });
  const signal = new AbortController().signal;
  const following = box.client.follow(known, 0, signal)[Symbol.asyncIterator]().next();
  await expect(following).rejects.toThrow(`no agent answers at ${box.socket}. Start one: garza agent`);
});

test("a change that the agent left without an answer is not called undone", async () => {
  const asked = Promise.withResolvers<void>();
  await using box = await served({
    cancel: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  const cancelling = box.client.cancel(known, "me").catch((error) => error);
  await asked.promise;
  await box.stop();
  expect((await cancelling).problem).toMatchObject({ kind: "outcome-unknown" });
});

test("a stop waits for what is in hand", async () => {
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  await using box = await served({
    cancel: () => {
      asked.resolve();
      return go.promise;
    },
  });
  const cancelling = box.client.cancel(known, "me");
  await asked.promise;
  const stopping = box.stop();
  go.resolve();
  await cancelling;
  await stopping;
});
