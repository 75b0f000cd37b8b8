/** One short command over open streams: its whole output, within bounds. */
import type { Readable } from "node:stream";
import { type ExecOptions, type ExecResult, Lost, type RemoteStream } from "./connection.ts";

/** Bytes of output that are taken where nobody says more. */
export const defaultLimit = 1024 * 1024;

export async function collect(stream: RemoteStream, options: ExecOptions): Promise<ExecResult> {
  const { stdin = "", signal, limit = defaultLimit } = options;
  const stop = Promise.withResolvers<never>();
  stop.promise.catch(() => {});
  const abort = () => stop.reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  const tooMuch = () => stop.reject(new Lost(`it printed more than ${limit} bytes, and was given up`));
  const [stdout, stderr] = [gather(stream.stdout, limit, tooMuch), gather(stream.stderr, limit, tooMuch)];
  stream.stdin.end(stdin);
  try {
    const end = await Promise.race([stream.ended, stop.promise]);
    return { ...end, stdout: stdout(), stderr: stderr() };
  } catch (thrown) {
    stream.close();
    throw thrown;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function gather(stream: Readable, limit: number, tooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) tooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}
