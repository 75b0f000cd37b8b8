import { isMapping } from "../../core/value.ts";
import { tooLarge } from "../read-request.ts";
import { route } from "../route.ts";
import { accepted, acceptedAny, concerned, operation, operationPage, resolved, steps } from "../schemas/operation.ts";
import { acceptedToJson, operationId } from "../wire.ts";
import { asked, batch, filter, resolution, resumption, submission, toWanted, wantedJson } from "./operation-schemas.ts";

/** What the other routes of one operation say of their path, too. */
export const byId = { id: "An operation's id, or the end of one that names only one." };
const path = (verb: string) => `/v1/operations/{id}/${verb}`;

export const operationRoutes = [
  route({
    method: "POST",
    path: "/v1/operations",
    summary: "Submit one operation, or many: all of them or none. What is answered is on the disk.",
    body: submission,
    most: 16,
    choose(value, mebibytes) {
      if (isMapping(value) && "operations" in value) return batch;
      if (mebibytes > 1) throw tooLarge(1);
      return wantedJson;
    },
    answers: { status: 201, says: "Accepted.", schema: acceptedAny },
    refuses: ["template-unknown", "template-invalid", "parameters", "key-used", "batch", "storage-full"],
    async run({ body }, { control }) {
      if (!("operations" in body)) return (await control.submit([toWanted(body)])).map(acceptedToJson)[0] ?? {};
      return { operations: (await control.submit(body.operations.map(toWanted))).map(acceptedToJson) };
    },
  }),
  route({
    method: "GET",
    path: "/v1/operations",
    summary: "Operations, newest first; queued ones in the order in which they will run.",
    query: filter,
    answers: { says: "One page.", schema: operationPage },
    run({ query: { status, template, limit, cursor } }, { reader }) {
      const place = { ...(template !== undefined && { template }), ...(cursor !== undefined && { cursor }) };
      return reader.list({ limit: Number(limit), ...(status !== undefined && { status }), ...place });
    },
  }),
  route({
    method: "GET",
    path: "/v1/operations/{id}",
    summary: "An operation and every attempt of its steps.",
    parameters: byId,
    answers: { says: "As it is now.", schema: operation },
    refuses: ["operation-unknown"],
    run: ({ at }, { reader }) => reader.operation(operationId(at("id"))),
  }),
  route({
    method: "GET",
    path: path("steps"),
    summary: "Every attempt of its steps, in the order they started.",
    parameters: byId,
    answers: { says: "As they are now.", schema: steps },
    refuses: ["operation-unknown"],
    run: async ({ at }, { control }) => ({ steps: await control.steps(operationId(at("id"))) }),
  }),
  route({
    method: "POST",
    path: path("cancel"),
    summary: "Cancel: recorded first, then acted on. It takes the way of failure, rollback included.",
    parameters: byId,
    body: asked,
    answers: { says: "The cancel is recorded.", schema: concerned },
    refuses: ["operation-unknown", "busy"],
    async run({ at, body: { by } }, { control }) {
      const id = operationId(at("id"));
      await control.cancel(id, by);
      return { id };
    },
  }),
  route({
    method: "POST",
    path: path("retry"),
    summary: "A new operation like one that has ended.",
    parameters: byId,
    body: asked,
    answers: { status: 201, says: "Accepted.", schema: accepted },
    refuses: ["operation-unknown", "busy", "template-invalid", "parameters", "storage-full"],
    run: async ({ at, body: { by } }, { control }) => acceptedToJson(await control.retry(operationId(at("id")), by)),
  }),
  route({
    method: "POST",
    path: path("resume"),
    summary: "Carry on an interrupted operation, where it was or from a step on.",
    parameters: byId,
    body: resumption,
    answers: { says: "It is in the queue again.", schema: concerned },
    refuses: ["operation-unknown", "busy"],
    async run({ at, body: { by, from } }, { control }) {
      const id = operationId(at("id"));
      await control.resume(id, by, from);
      return { id };
    },
  }),
  route({
    method: "POST",
    path: path("resolve"),
    summary: "Say what became of a step that nobody can tell of.",
    parameters: byId,
    body: resolution,
    answers: { says: "Whether it carries on by itself now.", schema: resolved },
    refuses: ["operation-unknown", "busy"],
    async run({ at, body: { by, step, as } }, { control }) {
      const id = operationId(at("id"));
      return { id, carries_on: await control.resolve(id, step, as, by) };
    },
  }),
  route({
    method: "POST",
    path: path("rollback"),
    summary: "Run the undo steps and the rollback of an operation that ended without them.",
    parameters: byId,
    body: asked,
    answers: { says: "The operation that does it.", schema: concerned },
    refuses: ["operation-unknown", "busy"],
    run: async ({ at, body: { by } }, { control }) => ({ id: await control.rollback(operationId(at("id")), by) }),
  }),
];
