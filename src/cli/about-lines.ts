import type { OperationEvent } from "../core/events.ts";
import type { Marks } from "./marks.ts";
import { oneLine, type Paint } from "./output.ts";
import type { Progress } from "./progress.ts";
import { summaryLines } from "./summary.ts";

/** `on` goes behind commands that look at it: ` --on web1`. */
type Look = { paint: Paint; marks: Marks; on: string };

/** What an event says about the operation as a whole, as lines that stay. Steps are shown elsewhere. */
export function aboutLines(event: OperationEvent, progress: Progress, { paint, marks, on }: Look): string[] {
  const own = event.operation === progress.operation;
  switch (event.type) {
    case "operation-started":
      if (!own) return [];
      if (event.at !== progress.startedAt) return [paint.faint("it goes on")];
      return [`${paint.strong(oneLine(event.template))}  ${paint.faint(event.operation)}`];
    case "operation-waiting":
      return own ? [paint.faint(`it stands aside until it can have ${oneLine(event.for.replace(":", " "))}`)] : [];
    case "prerequisite-checked":
      return event.ok
        ? []
        : [
            `${paint.bad(marks.failed)} prerequisite: ${oneLine(event.check)}${event.why ? ` (${oneLine(event.why)})` : ""}`,
          ];
    case "warning":
      return [paint.odd(`warning: ${oneLine(event.message)}`)];
    case "cancel-requested":
      return [paint.odd(`cancel asked for by ${oneLine(event.by)}`)];
    case "rollback-started":
      return [paint.odd(`rolling back: ${oneLine(event.because)}`)];
    case "operation-ended":
      return own
        ? summaryLines(
            { ...event, id: event.operation, template: progress.template ?? event.operation },
            { paint, marks, on },
          )
        : [];
    default:
      return [];
  }
}
