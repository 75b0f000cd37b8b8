import { shapeOf } from "./reading.ts";
import type { StepShapes } from "./step-type.ts";
import type { Step } from "./template.ts";

/** A step that answers a question, and whose answer is asked for: it can't stop the operation. */
export function isProbe({ type, config, options }: Step, shapes: StepShapes): boolean {
  return options.output !== undefined && (shapeOf(shapes, type)?.asks?.(config) ?? false);
}
