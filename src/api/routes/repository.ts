/** What operations work with: state files, hosts, services. */
import { z } from "zod";
import { route } from "../route.ts";
import { hosts, services, state, synced } from "../schemas/repository.ts";

const place = z.strictObject({
  path: z.string().min(1).max(2000).default(".").describe("`.apps.web.status`; `*` for every key."),
});

export const repositoryRoutes = [
  route({
    method: "GET",
    path: "/v1/state/{file...}",
    summary: "A JSON state file, or places in it. An absent file is an empty mapping.",
    parameters: { file: "A file below `infra/state/`: `deployments.json`." },
    query: place,
    answers: { says: "As it is now.", schema: state },
    refuses: ["path-refused", "data-damaged"],
    async run({ at, query: { path } }, { control }) {
      const file = at("file");
      return { file, path, places: await control.state(file, path) };
    },
  }),
  route({
    method: "POST",
    path: "/v1/state-sync",
    summary: "State files: what was changed here goes to the remote, and what others have changed comes.",
    body: z.strictObject({}),
    answers: { says: "What was pushed; null without a remote.", schema: synced },
    refuses: ["state-conflict", "data-damaged", "remote-unreachable", "remote-refused"],
    run: async (_, { control }) => ({ synced: await control.syncState() }),
  }),
  route({
    method: "GET",
    path: "/v1/hosts",
    summary: "The hosts of infra/hosts.yml.",
    answers: { says: "In the file's order.", schema: hosts },
    refuses: ["configuration"],
    run: async (_, { control }) => ({ hosts: await control.hosts() }),
  }),
  route({
    method: "GET",
    path: "/v1/services",
    summary: "The services of infra/services.yml, and their groups.",
    answers: { says: "In the file's order.", schema: services },
    refuses: ["configuration"],
    run: (_, { control }) => control.services(),
  }),
];
