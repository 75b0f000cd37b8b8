import type { StepShape } from "./step-type.ts";
import type { Step } from "./template.ts";

/** The probe rule: a step that can answer a question, and whose answer is asked for, can't stop the operation. */
export function isProbe({ config, options }: Step, shape: StepShape | undefined): boolean {
  return options.output !== undefined && (shape?.asks?.(config) ?? false);
}
