import { problem } from "../../core/problem.ts";
import { eventStream } from "../event-stream.ts";
import { check } from "../read-request.ts";
import { route } from "../route.ts";
import { event, output } from "../schemas/event.ts";
import { operationId } from "../wire.ts";
import { following, position } from "./operation-schemas.ts";
import { byId } from "./operations.ts";

/** Each costs a little memory and a look at each event. */
const mostStreams = 200;

export const eventRoutes = [
  route({
    method: "GET",
    path: "/v1/operations/{id}/events",
    summary: "Its events, stored ones and those to come, as server-sent events until it has ended.",
    parameters: byId,
    query: following,
    header: {
      name: "Last-Event-ID",
      schema: position,
      says: "The id of the last frame that was read. It is newer than `after`: a browser that comes again keeps its address.",
    },
    answers: {
      says: "Frames without `event` hold an Event, frames `output` an Output, as JSON; each `id` is where to go on from. A frame `end` says that nothing more will come, a frame `problem` (with a Problem) that nothing more can come; a stream that stops without either was cut off.",
      type: "text/event-stream",
      frames: { message: event, output },
    },
    refuses: ["operation-unknown", "busy"],
    run({ at, query, header }, served) {
      const { id } = served.reader.operation(operationId(at("id")));
      const last = header("Last-Event-ID");
      const after = last ? check(position, last, "Last-Event-ID") : query.after;
      if (served.streams.size >= mostStreams)
        throw problem({ kind: "busy", what: `${mostStreams} event streams are open`, next: "Close one, or try again" });
      return new Response(eventStream(id, { after, output: query.output === "1" }, served), {
        headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" },
      });
    },
  }),
];
