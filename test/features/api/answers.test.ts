/** Real answers, held against the schemas that the OpenAPI document is made of. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { openClient } from "../../../src/api/client.ts";
import { routes } from "../../../src/api/routes/index.ts";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
const files = {
  "operations/all.yml": `${head}parameters: { who: { type: string, enum: [you, me], default: you, description: Whom } }
steps:
  - { type: lock, name: take, resource: a/thing }
  - { type: command, name: print, command: "echo out; echo err >&2" }
  - { type: load_operation, name: inner, template: inner }
  - { type: command, name: hold, command: "while [ -d ../root ] && [ ! -e ../go ]; do sleep 0.02; done" }
`,
  "operations/inner.yml": `${head}steps: [{ type: command, name: say, command: echo inner }]\n`,
  "operations/broken.yml": "operation: {}\nsteps: []\n",
  "infra/hosts.yml":
    "hosts:\n  here: { local: true, description: This one }\n  far: { primary: { host: far.example, user: me } }\n",
  "infra/services.yml": "services:\n  web: { type: http, critical: true, x-note: 1 }\nservice_groups: { all: [web] }\n",
  "infra/state/deployments.json": '{"apps": {"web": {"version": 3}, "db": {"version": 4}}}\n',
};

async function ask(box: Sandbox, path: string, body?: object) {
  const socket = join(box.data, "agent.sock");
  const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const response = await fetch(`http://x${path}`, { ...init, unix: socket, keepalive: false });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const schemaOf = (method: string, path: string) =>
  routes.find((one) => one.method === method && one.path === path)?.answers.schema;

/** A schema drops what it does not know: nothing may be missing behind it. */
async function answers(box: Sandbox, path: string, route: string, body?: object) {
  const method = body ? "POST" : "GET";
  const answer = await ask(box, path, body);
  expect([path, answer.body.detail]).toEqual([path, undefined]);
  const schema = schemaOf(method, route);
  if (!schema) throw new Error(`${route} has no schema`);
  expect(schema.parse(answer.body)).toEqual(answer.body);
  return answer.body;
}

test("every route answers as it is documented", async () => {
  await using box = await sandbox({ files });
  const agent = box.start("agent");
  await agent.says("ready");
  const submitted = { template: "all", parameters: { who: "me" }, asked_by: "a test" };
  const { id } = await answers(box, "/v1/operations", "/v1/operations", submitted);
  await answers(box, "/v1/operations", "/v1/operations", {
    operations: [{ template: "inner" }, { template: "inner", not_before: "2099-01-01T00:00:00Z" }],
  });
  await agent.says(`${id} step hold started`);

  const operation = await answers(box, `/v1/operations/${id}`, "/v1/operations/{id}");
  expect(operation).toMatchObject({ status: "running", parameters: { who: "me" } });
  const { steps } = await answers(box, `/v1/operations/${id}/steps`, "/v1/operations/{id}/steps");
  expect(steps).toEqual(operation.steps);
  expect((await answers(box, "/v1/operations?status=queued", "/v1/operations")).operations[0].waiting).toContain(
    "not before 2099",
  );
  const agentAnswer = await answers(box, "/v1/agent", "/v1/agent");
  expect(agentAnswer).toMatchObject({ pid: agent.pid, storage_full: false, paused: false });
  await answers(box, "/v1/queue/pause", "/v1/queue/pause", { by: "me", reason: "to see it" });
  expect(await answers(box, "/v1/agent", "/v1/agent")).toMatchObject({ paused: true });
  expect((await answers(box, "/v1/queue", "/v1/queue")).paused).toMatchObject([
    { template: null, reason: "to see it" },
  ]);
  expect(await answers(box, "/v1/queue/unpause", "/v1/queue/unpause", {})).toEqual({ was_paused: true });

  const { templates } = await answers(box, "/v1/templates", "/v1/templates");
  expect(templates).toContainEqual({
    name: "broken",
    file: "operations/broken.yml",
    built_in: false,
    valid: false,
    type: null,
    summary: null,
  });
  const template = await answers(box, "/v1/templates/all", "/v1/templates/{name...}");
  expect(template.parameters).toEqual([
    {
      name: "who",
      type: "string",
      required: false,
      description: "Whom",
      default: "you",
      enum: ["you", "me"],
      allow_dash: false,
    },
  ]);
  expect((await answers(box, "/v1/templates/demo/hello", "/v1/templates/{name...}")).name).toBe("demo/hello");
  expect((await answers(box, "/v1/templates/demo%2Fhello", "/v1/templates/{name...}")).name).toBe("demo/hello");
  const draft = await answers(box, "/v1/templates/validate", "/v1/templates/validate", { text: "operation: {}\n" });
  expect(draft.valid).toBe(false);
  expect(draft.faults[0]).toMatchObject({ severity: "error", file: "text", line: expect.any(Number) });

  const { locks } = await answers(box, "/v1/locks", "/v1/locks");
  expect(locks).toMatchObject([{ resource: "a/thing", operation: id }]);
  expect((await answers(box, "/v1/locks/a%2Fthing", "/v1/locks/{resource...}")).holder).toEqual(locks[0]);
  expect(await answers(box, "/v1/locks/other", "/v1/locks/{resource...}")).toEqual({ resource: "other", holder: null });
  const state = await answers(box, "/v1/state/deployments.json?path=.apps.*.version", "/v1/state/{file...}");
  expect(state.places).toEqual([
    { path: ".apps.web.version", value: 3 },
    { path: ".apps.db.version", value: 4 },
  ]);
  expect((await answers(box, "/v1/state/deployments.json", "/v1/state/{file...}")).places[0].path).toBe(".");
  expect((await answers(box, "/v1/hosts", "/v1/hosts")).hosts).toMatchObject([
    { name: "here", local: true },
    { name: "far", local: false },
  ]);
  expect(await answers(box, "/v1/services", "/v1/services")).toMatchObject({
    services: [{ name: "web", critical: true }],
    groups: [{ name: "all", services: ["web"] }],
  });

  expect(await answers(box, `/v1/operations/${id}/cancel`, "/v1/operations/{id}/cancel", { by: "me" })).toEqual({ id });
  await agent.says(`${id} ended: cancelled`);
  await box.write("../go", "");
  const again = await answers(box, `/v1/operations/${id}/retry`, "/v1/operations/{id}/retry", { by: "me" });
  await agent.says(`${again.id} ended: success`);
});

test("what names nothing, or leads out of its folder, is a problem of its kind", async () => {
  await using box = await sandbox({ files });
  await box.start("agent").says("ready");
  const refused = async (path: string, body?: object) => {
    const answer = await ask(box, path, body);
    return `${answer.status} ${answer.body.kind}`;
  };
  expect(await refused("/v1/templates/al")).toBe("404 template-unknown");
  expect(await refused("/v1/templates/broken")).toBe("422 template-invalid");
  expect(await refused("/v1/templates/..%2f..%2fetc%2fpasswd")).toBe("400 path-refused");
  expect(await refused("/v1/state/..%2f..%2f..%2fetc%2fpasswd")).toBe("400 path-refused");
  expect(await refused("/v1/state/deployments.json?path=a%20b")).toBe("400 usage");
  expect(await refused("/v1/state/deployments.json?path=__proto__")).toBe("400 usage");
  expect(await refused("/v1/operations/NOSUCH/output?step=a")).toBe("404 operation-unknown");
  expect(await refused("/v1/operations/NOSUCH/steps")).toBe("404 operation-unknown");
  await box.write("infra/hosts.yml", "hosts: 3\n");
  expect(await refused("/v1/hosts")).toBe("500 configuration");
});

test("the client answers as the agent does", async () => {
  await using box = await sandbox({ files });
  await box.write("../go", "");
  const agent = box.start("agent");
  await agent.says("ready");
  const client = openClient({ socket: join(box.data, "agent.sock") });
  const [accepted] = await client.submit([{ template: "all", parameters: {}, priority: 5, askedBy: "me" }]);
  const { id = "" } = accepted ?? {};
  await agent.says(`${id} ended: success`);
  expect((await client.steps(id)).map(({ name }) => name)).toEqual(["take", "print", "inner", "hold"]);
  const part = { step: "print", stream: "out", from: 0 } as const;
  expect(await client.output(id, part)).toEqual({ text: "out\n", position: 4, isOver: true });
  expect(await client.output(id, { ...part, stream: "err", from: 1 })).toEqual({
    text: "rr\n",
    position: 4,
    isOver: true,
  });
  await expect(client.output(id, { ...part, step: "prin" })).rejects.toThrow("Nearest: print");
  expect((await client.template("demo/hello")).parameters.length).toBeGreaterThan(0);
  expect((await client.templates()).length).toBeGreaterThan(3);
  expect((await client.validate(files["operations/inner.yml"], "draft")).valid).toBe(true);
  expect(await client.locks()).toEqual([]);
  expect(await client.lock("a/thing")).toBeNull();
  expect(await client.state("deployments.json", ".apps.web")).toEqual([{ path: ".apps.web", value: { version: 3 } }]);
  expect((await client.hosts()).length).toBe(2);
  expect((await client.services()).groups).toEqual([{ name: "all", services: ["web"] }]);
  expect(await client.condition()).toEqual({ running: 0, storage_full: false, paused: false });
});
