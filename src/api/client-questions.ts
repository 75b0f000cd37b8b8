/** The questions that change nothing, asked through the control socket. */
import { ask, send } from "./ask.ts";
import type { OutputWanted, Questions } from "./questions.ts";
import { type HolderJson, holderFromJson, operationId } from "./wire.ts";

export function openQuestions(socket: string): Questions {
  const get = <Answer>(path: string) => ask<Answer>(socket, path);
  return {
    steps: async (id) =>
      (await get<{ steps: Awaited<ReturnType<Questions["steps"]>> }>(`/operations/${operationId(id)}/steps`)).steps,
    output: async (id, wanted) =>
      readOutput(await send(socket, `/operations/${operationId(id)}/output?${queryOf(wanted)}`, {})),
    templates: async () =>
      (await get<{ templates: Awaited<ReturnType<Questions["templates"]>> }>("/templates")).templates,
    template: (name) => get(`/templates/${encodeURIComponent(name)}`),
    validate: (text, name) => ask(socket, "/templates/validate", { text, name }),
    locks: async () => (await get<{ locks: HolderJson[] }>("/locks")).locks.map(holderFromJson),
    async lock(resource) {
      const { holder } = await get<{ holder: HolderJson | null }>(`/locks/${encodeURIComponent(resource)}`);
      return holder && holderFromJson(holder);
    },
    state: async (file, path) => {
      const query = new URLSearchParams({ path });
      return (
        await get<{ places: Awaited<ReturnType<Questions["state"]>> }>(`/state/${encodeURIComponent(file)}?${query}`)
      ).places;
    },
    hosts: async () => (await get<{ hosts: Awaited<ReturnType<Questions["hosts"]>> }>("/hosts")).hosts,
    services: () => get("/services"),
    async condition() {
      const { running, storage_full, paused } = await get<Awaited<ReturnType<Questions["condition"]>>>("/agent");
      return { running, storage_full, paused };
    },
  };
}

function queryOf({ step, attempt, stream, from }: OutputWanted): URLSearchParams {
  return new URLSearchParams({
    step,
    stream,
    from: String(from),
    ...(attempt !== undefined && { attempt: String(attempt) }),
  });
}

async function readOutput(response: Response) {
  const text = await response.text();
  const { headers } = response;
  return { text, position: Number(headers.get("Garza-Position")), isOver: headers.get("Garza-Over") === "true" };
}
