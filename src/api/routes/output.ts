import { route } from "../route.ts";
import { operationId } from "../wire.ts";
import { stretch } from "./operation-schemas.ts";
import { byId } from "./operations.ts";

export const outputRoutes = [
  route({
    method: "GET",
    path: "/v1/operations/{id}/output",
    summary: "What a step printed, masked: about a MiB from a byte on.",
    parameters: byId,
    query: stretch,
    answers: {
      says: "The text.",
      type: "text/plain",
      headers: {
        "Garza-Position": "The byte behind it: the `from` of the next look.",
        "Garza-Over": "`true`: nothing more will come.",
      },
    },
    refuses: ["operation-unknown"],
    async run({ at, query: { step, attempt, stream, from } }, { control }) {
      const wanted = { step, stream, from: Number(from), ...(attempt !== undefined && { attempt: Number(attempt) }) };
      const { text, position, isOver } = await control.output(operationId(at("id")), wanted);
      const headers = { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" };
      return new Response(text, {
        headers: { ...headers, "Garza-Position": String(position), "Garza-Over": String(isOver) },
      });
    },
  }),
];
