import type { Mapping } from "../core/value.ts";
import { planContext } from "./context.ts";
import type { Reached } from "./reached.ts";

/** J2's content: what the step is about to do, as a person would read it, and what recovery needs to judge it. */
export async function intentOf(
  { type, options, frame, rendering }: Reached,
  config: unknown,
  changes: boolean,
): Promise<Mapping> {
  const { masker, clock } = frame.run.world;
  const context = planContext(frame.run.world, rendering);
  const more = options.sensitive ? {} : ((await type.intent?.(config, context)) ?? {});
  return {
    ...more,
    lines: type.plan(config, context).map(({ label, text }) => cut(masker.mask(`${label}: ${text}`))),
    timeout_ms: options.timeoutMs ?? null,
    deadline: options.timeoutMs === undefined ? null : clock.now() + options.timeoutMs,
    idempotent: options.idempotent,
    // What a power cut may have lost proves nothing: only in the same boot is a missing trace evidence.
    boot: frame.run.world.claimant.boot,
    changes,
  };
}

const longestLine = 2_000;
const cut = (text: string) => (text.length > longestLine ? `${text.slice(0, longestLine)}…` : text);
