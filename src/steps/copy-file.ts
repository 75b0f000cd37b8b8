/** What `upload` and `download` share: a copy that is whole at every moment somebody looks, here or by SFTP. */
import { z } from "zod";
import { GarzaError, messageOf } from "../core/problem.ts";
import { Lost, NotSent } from "../hosts/connection.ts";
import { type Copy, copy, noProgress, type Progress } from "../hosts/files/copy.ts";
import { localSide } from "../hosts/files/local-side.ts";
import { sftpSide } from "../hosts/files/sftp-side.ts";
import type { Side } from "../hosts/files/side.ts";
import { wordSchema } from "./scalar-schemas.ts";
import type { StepContext } from "./step.ts";

/** `0644`, `"644"`, `0o644`: always octal digits. YAML reads 0644 as the number 644. */
const modeSchema = z
  .union([z.number(), z.string()], { error: "expected permissions such as 0644" })
  .transform((mode) => String(mode).replace(/^0o/, ""))
  .refine((digits) => /^[0-7]{3,4}$/.test(digits), { error: "expected permissions such as 0644" })
  .transform((digits) => Number.parseInt(digits, 8));

export const copyKeys = {
  host: wordSchema
    .optional()
    .describe("A name in infra/hosts.yml, or `[user@]address[:port]`; this machine without it."),
  mode: modeSchema
    .optional()
    .describe("Permissions of each file, octal; without it those of the file that is replaced, or of the source."),
};

type Wanted = Pick<Copy, "from" | "to" | "mode">;

/** Bytes copied. Throws `path-refused`, `storage-full`, `input-output`, the signal's reason. */
export function copyHere(wanted: Wanted, context: StepContext): Promise<number> {
  const progress = noProgress();
  return orRemoved(
    () => copy(localSide, localSide, asked(wanted, context), progress),
    (aside) => localSide.remove(aside),
    progress,
  );
}

/** `way`: to the other machine, or from it. A line that is cut is no end: it goes on from where it was. */
export async function copyFar(host: string, way: "to" | "from", wanted: Wanted, context: StepContext): Promise<number> {
  const { connections, signal, say } = context;
  const progress = noProgress();
  const over = (by: { signal: AbortSignal; control?: boolean }) => {
    return <T>(work: (here: Side, there: Side) => Promise<T>) =>
      connections.use(host, { ...by, say }, async (connection) => {
        const sftp = await connection.sftp();
        // Whoever waits for an answer hears of it; this is only said besides.
        sftp.on("error", () => {});
        try {
          return await work(localSide, sftpSide(sftp, connection));
        } finally {
          sftp.end();
        }
      });
  };
  const once = () =>
    over({ signal })((here, there) => {
      const [source, target] = way === "to" ? [here, there] : [there, here];
      return copy(source, target, asked(wanted, context), progress);
    });
  const remove = (aside: string) => {
    if (way === "from") return localSide.remove(aside);
    return over({ signal: AbortSignal.timeout(removeMs), control: true })((_, there) => there.remove(aside));
  };
  return orRemoved(() => throughCuts(once, context), remove, progress);
}

/** How long the other machine is waited for once it is only about tidying up. */
const removeMs = 20_000;
const mostCuts = 20;

async function throughCuts<T>(once: () => Promise<T>, { clock, signal, say }: StepContext): Promise<T> {
  for (let cuts = 0, pause = 250; ; pause = Math.min(2 * pause, 15_000)) {
    try {
      return await once();
    } catch (thrown) {
      signal.throwIfAborted();
      const isOutage = cuts > 0 && thrown instanceof GarzaError && thrown.problem.kind === "host-unreachable";
      if (!(thrown instanceof Lost || thrown instanceof NotSent || isOutage) || ++cuts > mostCuts) throw thrown;
      say(`the copy was interrupted (${messageOf(thrown)}); it goes on from where it was`);
    }
    await clock.sleep(pause, signal);
  }
}

/** What was only half written goes, whatever the reason. */
async function orRemoved(
  work: () => Promise<number>,
  remove: (aside: string) => Promise<void>,
  progress: Progress,
): Promise<number> {
  try {
    return await work();
  } catch (thrown) {
    if (progress.open) await remove(progress.open.aside).catch(() => {});
    throw thrown;
  }
}

const asked = (wanted: Wanted, { token, signal }: StepContext): Copy => ({ ...wanted, token, signal });
