import type { Source } from "./document.ts";
import type { MappingNode } from "./node.ts";
import type { Reference } from "./references.ts";
import type { Report } from "./report.ts";
import type { KeyLanguage, StepShape, StepShapes } from "./step-type.ts";
import type { Step } from "./template.ts";

/** What a reader of templates may know of the world around them. */
export type ReadOptions = {
  /** Notification channels configured here; without it they are not checked. */
  channels?: readonly string[];
  /** Whether a path in the root is a file; without it scripts are not looked for. */
  exists?: (pathInRoot: string) => boolean;
  /** What is wrong with the name of a host; without it they are not looked for. */
  faultOfHost?: (host: string) => string | undefined;
  /** Another template's text, by any of its names; throws when there is none. Without it `load_operation` is not followed. */
  loadChild?: (name: string) => Source;
};

/** One template while it is read. */
export type Reading = {
  report: Report;
  shapes: StepShapes;
  options: ReadOptions;
  /** Where each step is written. */
  written: Map<Step, MappingNode>;
  /** What each step refers to by itself, nested steps apart. */
  uses: Map<Step, Use[]>;
};

/** A name that a text refers to, with its place in the file. */
export type Use = Omit<Reference, "offset"> & {
  /** Its offset in the file, found only when it is asked for. */
  place: () => number;
  language: KeyLanguage;
  /** The step's key below which it stands. */
  key?: string;
  /** No field or element of it is taken. */
  whole: boolean;
};

/** The table may be an object with a prototype: only its own entries are step types. */
export function shapeOf(shapes: StepShapes, type: string): StepShape | undefined {
  return Object.hasOwn(shapes, type) ? shapes[type] : undefined;
}
