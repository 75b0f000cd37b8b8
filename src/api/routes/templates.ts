import { z } from "zod";
import { route } from "../route.ts";
import { name as named } from "../schemas/named.ts";
import { template, templates, validation } from "../schemas/repository.ts";

const draft = named(
  "Draft",
  z.strictObject({
    name: z.string().min(1).max(500).default("text").describe("What faults call its file."),
    text: z.string(),
  }),
);

export const templateRoutes = [
  route({
    method: "GET",
    path: "/v1/templates",
    summary: "The templates of the repository and those built in, by name.",
    answers: { says: "All of them.", schema: templates },
    run: async (_, { control }) => ({ templates: await control.templates() }),
  }),
  route({
    method: "GET",
    path: "/v1/templates/{name...}",
    summary: "What a template does, what it takes, and what is odd about it.",
    parameters: { name: "Its name: `deploy/web`, with the slash as it is or as %2F." },
    answers: { says: "A valid template.", schema: template },
    refuses: ["template-unknown", "template-invalid", "template-unreadable", "path-refused"],
    run: ({ at }, { control }) => control.template(at("name")),
  }),
  route({
    method: "POST",
    path: "/v1/templates/validate",
    summary: "Every fault of a text, as if it were a template of the repository.",
    body: draft,
    answers: { says: "What is wrong with it.", schema: validation },
    run: ({ body: { name, text } }, { control }) => control.validate(text, name),
  }),
];
