import { expect, test } from "bun:test";
import type { GarzaError } from "../../src/core/problem.ts";
import { probeTcp } from "../../src/core/tcp.ts";

const never = new AbortController().signal;

test("a port that listens answers; one that does not says why", async () => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  expect(await probeTcp({ host: "127.0.0.1", port }, { timeoutMs: 5_000, signal: never })).toBeUndefined();
  server.stop(true);
  const thrown = await probeTcp({ host: "127.0.0.1", port }, { timeoutMs: 5_000, signal: never }).catch(
    (e: unknown) => e,
  );
  expect((thrown as GarzaError).problem).toEqual({
    kind: "no-answer",
    where: `127.0.0.1:${port}`,
    why: "connection refused",
    sent: false,
  });
});

test("a cancelled probe rejects with the canceller's reason", async () => {
  const reason = new Error("cancelled");
  const probe = probeTcp({ host: "127.0.0.1", port: 1 }, { timeoutMs: 5_000, signal: AbortSignal.abort(reason) });
  expect(await probe.catch((e: unknown) => e)).toBe(reason);
});
