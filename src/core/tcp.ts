/** Whether a TCP port answers. */
import { alarm } from "./clock.ts";
import { showDuration } from "./duration.ts";
import { networkReason } from "./network-error.ts";
import { problem } from "./problem.ts";

export type TcpAddress = { host: string; port: number };

/** Resolves once a connection was made (it is closed at once); throws `no-answer`, or the signal's reason. */
export async function probeTcp(
  address: TcpAddress,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const { connect } = await import("node:net");
  const { signal, timeoutMs } = options;
  const where = `${address.host}:${address.port}`;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = connect(address);
    const end = (settle: () => void) => {
      release();
      signal.removeEventListener("abort", cancel);
      // An error after the end (a reset of what we close) concerns nobody.
      socket
        .removeAllListeners()
        .on("error", () => undefined)
        .destroy();
      settle();
    };
    const silent = (why: string, cause?: unknown) =>
      end(() => reject(problem({ kind: "no-answer", where, why, sent: false }, cause)));
    const cancel = () => end(() => reject(signal.reason));
    const release = alarm(timeoutMs, () => silent(`no connection within ${showDuration(timeoutMs)}`));
    signal.addEventListener("abort", cancel, { once: true });
    socket.once("connect", () => end(resolve));
    socket.once("error", (error) => silent(networkReason(error), error));
  });
}
