import type { Rendering, StepType } from "../steps/step.ts";
import type { Step } from "../template/template.ts";
import type { StepIdentity } from "./journal/journal.ts";
import type { Options } from "./options.ts";
import type { Frame } from "./run.ts";

/** A step that is about to run: everything known of it before its first attempt. */
export type Reached = {
  step: Step;
  type: StepType;
  options: Options;
  identity: StepIdentity;
  frame: Frame;
  rendering: Rendering;
};
