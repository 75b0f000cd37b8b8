/** A bad network: stands before a server, and cuts, delays, throttles, or goes silent when it is told to. */
import { connect, createServer, type Socket } from "node:net";

export type BadLine = AsyncDisposable & {
  port: number;
  /** Connections that were taken so far. */
  taken(): number;
  /** Bytes that went to the server, and came from it. */
  sent(): number;
  received(): number;
  /** Resets every connection; new ones are taken. */
  cut(): void;
  /** Nothing passes any more, either way, and nobody is told: half-open. */
  silence(): void;
  /** The same for good, for the connections that there are; new ones work. */
  strand(): void;
  /** What was held back passes, and all that comes. */
  resume(): void;
  /** Milliseconds that each piece takes each way. */
  delay(ms: number): void;
  /** Bytes a second, each way. */
  throttle(bytes: number): void;
  /** New connections are reset at once. */
  refuse(refuses: boolean): void;
  /** Cuts everything, one time, when that many more bytes have gone to the server, or have come from it. */
  cutAfter(bytes: number, way?: "sent" | "received"): void;
};

export async function startProxy(target: number): Promise<BadLine> {
  const pairs = new Set<[Socket, Socket]>();
  const stranded = new WeakSet<Socket>();
  let [taken, sent, received] = [0, 0, 0];
  let [delayMs, rate] = [0, Number.POSITIVE_INFINITY];
  const budget = { sent: Number.POSITIVE_INFINITY, received: Number.POSITIVE_INFINITY };
  const spend = (way: "sent" | "received", bytes: number) => {
    budget[way] -= bytes;
    if (budget[way] > 0) return true;
    budget[way] = Number.POSITIVE_INFINITY;
    return false;
  };
  let isSilent = false;
  let refuses = false;
  let go = Promise.withResolvers<void>();

  const cut = () => {
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    pairs.clear();
  };
  const pump = async (from: Socket, to: Socket, count: (bytes: number) => boolean) => {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (!count(chunk.length)) return cut();
        if (delayMs > 0) await Bun.sleep(delayMs);
        if (Number.isFinite(rate)) await Bun.sleep((chunk.length / rate) * 1000);
        while (isSilent || stranded.has(from)) await go.promise;
        if (!to.write(chunk)) await new Promise((resolve) => to.once("drain", resolve).once("close", resolve));
      }
      while (isSilent || stranded.has(from)) await go.promise;
      to.end();
    } catch {
      to.destroy();
    }
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    near.on("error", () => {});
    taken++;
    if (refuses) return void near.resetAndDestroy();
    const far = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
    far.on("error", () => near.destroy());
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.on("close", () => pairs.delete(pair));
    void pump(near, far, (bytes) => {
      sent += bytes;
      return spend("sent", bytes);
    });
    void pump(far, near, (bytes) => {
      received += bytes;
      return spend("received", bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    taken: () => taken,
    sent: () => sent,
    received: () => received,
    cut,
    silence() {
      isSilent = true;
    },
    strand() {
      for (const socket of [...pairs].flat()) stranded.add(socket);
    },
    resume() {
      isSilent = false;
      go.resolve();
      go = Promise.withResolvers();
    },
    delay(ms) {
      delayMs = ms;
    },
    throttle(bytes) {
      rate = bytes;
    },
    refuse(wanted) {
      refuses = wanted;
    },
    cutAfter(bytes, way = "sent") {
      budget[way] = bytes;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [...pairs].flat()) stranded.delete(socket);
      isSilent = false;
      go.resolve();
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
