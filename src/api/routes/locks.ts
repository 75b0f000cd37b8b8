/** Who holds what, and a person's own taking and giving back. */
import { z } from "zod";
import { route } from "../route.ts";
import { name as named } from "../schemas/named.ts";
import { lock, lockGiven, locks, lockTaken } from "../schemas/repository.ts";
import { holderToJson } from "../wire.ts";

const by = z.string().min(1).max(500).describe("Who: `ada@web1`. It is this one's to give back.");
const reason = z.string().max(500);
const parameters = { resource: "The lock's resource." };

const wanted = named(
  "WantedLock",
  z.strictObject({
    by,
    reason: reason.optional(),
    ttl_seconds: z.number().min(1).max(1e8).default(600).describe("How long it holds without an agent that renews it."),
    wait_seconds: z.number().min(0).max(30).default(0).describe("0: fail at once."),
  }),
);
const given = named(
  "GivenLock",
  z.strictObject({
    by,
    force: z
      .strictObject({
        mark: z
          .string()
          .min(1)
          .max(600)
          .optional()
          .describe("Exactly what is to be taken away; else whatever is there."),
        reason,
      })
      .optional()
      .describe("Take it from whoever has it, also from one that lives."),
  }),
);

export const lockRoutes = [
  route({
    method: "GET",
    path: "/v1/locks",
    summary: "The locks that are held.",
    answers: { says: "As they are now.", schema: locks },
    run: async (_, { control }) => ({ locks: (await control.locks()).map(holderToJson) }),
  }),
  route({
    method: "GET",
    path: "/v1/locks/{resource...}",
    summary: "Who holds a lock.",
    parameters,
    answers: { says: "As it is now.", schema: lock },
    refuses: ["value-refused"],
    async run({ at }, { control }) {
      const resource = at("resource");
      const holder = await control.lock(resource);
      return { resource, holder: holder && holderToJson(holder) };
    },
  }),
  route({
    method: "POST",
    path: "/v1/locks/{resource...}/acquire",
    summary: "Take a lock by hand. It is renewed as long as the agent runs.",
    parameters,
    body: wanted,
    answers: { says: "It is held.", schema: lockTaken },
    refuses: ["value-refused", "lock-held", "remote-unreachable", "remote-refused", "data-damaged"],
    async run({ at, body: { by, reason, ttl_seconds, wait_seconds } }, { control }) {
      const holder = await control.acquireLock({
        ...{ resource: at("resource"), by, ttlSeconds: ttl_seconds, waitSeconds: wait_seconds },
        ...(reason !== undefined && { reason }),
      });
      return { holder: holderToJson(holder) };
    },
  }),
  route({
    method: "POST",
    path: "/v1/locks/{resource...}/release",
    summary: "Give a lock back that was taken by hand; by force, take it from whoever has it.",
    parameters,
    body: given,
    answers: { says: "It is free.", schema: lockGiven },
    refuses: ["value-refused", "lock-held", "busy", "remote-unreachable", "remote-refused"],
    run: ({ at, body: { by, force } }, { control }) =>
      control.releaseLock({ resource: at("resource"), by, ...(force && { force }) }),
  }),
];
