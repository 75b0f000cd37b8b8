import { z } from "zod";
import { route } from "../route.ts";
import { paused, queue, unpaused } from "../schemas/agent.ts";
import { name as named } from "../schemas/named.ts";

const name = z.string().min(1).max(500);
const template = name.optional().describe("Without it: the whole queue.");
const pause = named("Pause", z.strictObject({ template, by: name, reason: z.string().max(2000).optional() }));
const unpause = named("Unpause", z.strictObject({ template }));

export const queueRoutes = [
  route({
    method: "GET",
    path: "/v1/queue",
    summary: "Counts of operations, and what is paused.",
    answers: { says: "As they are now.", schema: queue },
    run: (_, { reader }) => reader.stats(),
  }),
  route({
    method: "POST",
    path: "/v1/queue/pause",
    summary: "Begin nothing of a template, or nothing at all. What runs goes on.",
    body: pause,
    answers: { says: "It is paused.", schema: paused },
    refuses: ["template-unknown"],
    async run({ body: { template, by, reason } }, { control }) {
      await control.pause(template ?? null, by, reason ?? null);
      return { paused: true };
    },
  }),
  route({
    method: "POST",
    path: "/v1/queue/unpause",
    summary: "End a pause.",
    body: unpause,
    answers: { says: "Whether it was paused.", schema: unpaused },
    run: async ({ body }, { control }) => ({ was_paused: await control.unpause(body.template ?? null) }),
  }),
];
