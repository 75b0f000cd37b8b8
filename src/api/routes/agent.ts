import { route } from "../route.ts";
import { agent } from "../schemas/agent.ts";

export const agentRoutes = [
  route({
    method: "GET",
    path: "/v1/agent",
    summary: "Who serves here, and how it is.",
    answers: { says: "As it is now.", schema: agent },
    async run(_, { note, control, clock }) {
      return { ...note, uptime_ms: Math.max(0, clock.now() - note.since), ...(await control.condition()) };
    },
  }),
  route({
    method: "GET",
    path: "/v1/openapi.json",
    summary: "This interface, as OpenAPI 3.1.",
    answers: { says: "The document." },
    async run() {
      const { openApi } = await import("../openapi.ts");
      return openApi();
    },
  }),
];
