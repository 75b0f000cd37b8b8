import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import type { Mapping } from "../../src/core/value.ts";
import { externalApi } from "../../src/steps/external-api.ts";
import { runStep, type Surroundings, stepContext, steppingClock } from "../support/step-context.ts";

/** Behaves as DigitalOcean's API does: pages of two, actions that take a few looks, limits. */
const droplets = ["web", "db", "cache", "twin", "twin"].map((name, index) => ({ id: 100 + index, name }));
type Action = { id: number; type: string; status: string; resource_id: number };
let actions: Action[] = [];
let asked: string[] = [];
/** Answers given instead of the usual ones, by `METHOD path`. */
const instead = new Map<string, (() => Response | Promise<Response>)[]>();
let looksLeft = 0;
let endsAs = "completed";

const api = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const url = new URL(request.url);
    const route = `${request.method} ${url.pathname}`;
    asked.push(route);
    if (request.headers.get("authorization") !== "Bearer secret-token") {
      return Response.json({ id: "unauthorized", message: "Unable to authenticate you" }, { status: 401 });
    }
    const next = instead.get(route)?.shift();
    if (next) return await next();
    if (route === "GET /v2/droplets") return page(url);
    const [, droplet] = /^\/v2\/droplets\/(\d+)\/actions$/.exec(url.pathname) ?? [];
    if (droplet && request.method === "GET") return Response.json({ actions: actions.toReversed(), links: {} });
    if (droplet)
      return Response.json(
        { action: begin(Number(droplet), (await request.json()) as { type: string }) },
        { status: 201 },
      );
    const action = actions.find(({ id }) => url.pathname === `/v2/actions/${id}`);
    if (!action) return Response.json({ id: "not_found", message: "not found" }, { status: 404 });
    if (looksLeft-- <= 0) action.status = endsAs;
    return Response.json({ action });
  },
});
afterAll(() => api.stop(true));
beforeEach(() => {
  actions = [{ id: 7, type: "reboot", status: "completed", resource_id: 100 }];
  asked = [];
  looksLeft = 1;
  endsAs = "completed";
  instead.clear();
});

function page(url: URL): Response {
  const number = Number(url.searchParams.get("page") ?? 1);
  const pages = number * 2 < droplets.length ? { next: new URL(`/v2/droplets?page=${number + 1}`, api.url).href } : {};
  return Response.json({ droplets: droplets.slice(number * 2 - 2, number * 2), links: { pages } });
}

function begin(droplet: number, { type }: { type: string }): Action {
  const action = { id: 8 + actions.length, type, status: "in-progress", resource_id: droplet };
  actions.push(action);
  return action;
}

const reboot = { api: "digitalocean", action: "reboot_droplet", droplet_name: "cache" };
const posts = () => asked.filter((route) => route.startsWith("POST"));

function call(keys: Mapping, more: Surroundings = {}) {
  const clock = steppingClock();
  const context = stepContext({
    clock,
    limitMs: 300_000,
    env: { GARZA_DIGITALOCEAN_URL: api.url.origin },
    secrets: { DIGITALOCEAN_TOKEN: "secret-token" },
    ...more,
  });
  return { outcome: runStep(externalApi, keys, context), clock, context };
}
const messageOf = (outcome: Promise<unknown>) =>
  outcome.then(
    (value) => JSON.stringify(value),
    (error: Error) => error.message,
  );

describe("external_api digitalocean", () => {
  test("lists every page", async () => {
    const { outcome } = call({ api: "digitalocean", action: "list_droplets" });
    expect(await outcome).toMatchObject({ kind: "done", value: droplets });
    expect(asked).toHaveLength(3);
  });

  test("finds a droplet by its name and begins the action once", async () => {
    const { outcome, context } = call(reboot);
    expect(await outcome).toMatchObject({ kind: "done", value: "success", record: { json: { type: "reboot" } } });
    expect(posts()).toEqual(["POST /v2/droplets/102/actions"]);
    expect(context.said).toEqual(["action 9 of droplet 102: in-progress"]);
  });

  test("power_cycle by id", async () => {
    const { outcome } = call({ api: "digitalocean", action: "power_cycle_droplet", droplet_id: "101" });
    expect(await outcome).toMatchObject({ record: { json: { id: 9, type: "power_cycle" } } });
    expect(asked).not.toContain("GET /v2/droplets");
  });

  test("no droplet of that name, or several, is a failure that names them", async () => {
    expect(await messageOf(call({ ...reboot, droplet_name: "wab" }).outcome)).toEndWith(
      "no droplet is called wab; there are: web, db, cache, twin, twin",
    );
    expect(await messageOf(call({ ...reboot, droplet_name: "twin" }).outcome)).toEndWith(
      "2 droplets are called twin (103, 104)",
    );
    expect(posts()).toEqual([]);
  });

  test("waits for the action's end where it is told to", async () => {
    looksLeft = 2;
    const { outcome, clock } = call({ ...reboot, wait_for_completion: true });
    expect(await outcome).toMatchObject({ kind: "done", value: "success", record: { json: { status: "completed" } } });
    expect(clock.slept).toEqual([5_000, 5_000, 5_000]);
  });

  test("an action that ends in an error fails; one that does not end fails at the limit", async () => {
    endsAs = "errored";
    expect(await call({ ...reboot, wait_for_completion: true }).outcome).toMatchObject({
      kind: "failed",
      message: "action 9 (reboot) ended in an error",
    });
    looksLeft = 1000;
    const { outcome } = call({ ...reboot, wait_for_completion: true }, { limitMs: 12_000 });
    expect(await outcome).toMatchObject({
      kind: "failed",
      message: "action 10 had not ended within the step's time limit",
    });
  });

  test("a look that meets trouble on the other side is repeated", async () => {
    instead.set("GET /v2/actions/9", [() => new Response("bad gateway", { status: 502 })]);
    expect(await call({ ...reboot, wait_for_completion: true }).outcome).toMatchObject({ value: "success" });
  });

  test("too many requests: waits as long as it is asked to, within the limit", async () => {
    const limited = () => Response.json({}, { status: 429, headers: { "retry-after": "7" } });
    instead.set("POST /v2/droplets/102/actions", [limited]);
    const { outcome, clock } = call(reboot);
    expect(await outcome).toMatchObject({ value: "success" });
    expect(clock.slept).toEqual([7_000]);
    expect(posts()).toHaveLength(2);

    instead.set("GET /v2/droplets", [limited]);
    expect(await messageOf(call(reboot, { limitMs: 5_000 }).outcome)).toBe(
      "DigitalOcean answered 429: too many requests; it asks to wait 7s, longer than the step may take",
    );
  });

  test("an answer that was lost is looked for among the droplet's actions, never asked for again", async () => {
    instead.set("POST /v2/droplets/102/actions", [
      () => {
        begin(102, { type: "reboot" });
        return new Response("gateway timeout", { status: 504 });
      },
    ]);
    expect(await call({ ...reboot, wait_for_completion: true }).outcome).toMatchObject({ record: { json: { id: 9 } } });
    expect(posts()).toHaveLength(1);
  });

  test("where that tells nothing either, nobody can tell whether it was done", async () => {
    instead.set("POST /v2/droplets/102/actions", [() => new Response("gateway timeout", { status: 504 })]);
    const thrown = await call(reboot).outcome.catch((error: unknown) => error);
    expect(thrown).toHaveProperty("problem.kind", "outcome-unknown");
    expect(posts()).toHaveLength(1);
  });

  test("a refusal is told in the API's words", async () => {
    instead.set("POST /v2/droplets/102/actions", [
      () =>
        Response.json({ id: "unprocessable_entity", message: "Droplet already has a pending event." }, { status: 422 }),
    ]);
    expect(await messageOf(call(reboot).outcome)).toBe(
      "DigitalOcean answered 422: Droplet already has a pending event.",
    );
    expect(await messageOf(call(reboot, { secrets: { DIGITALOCEAN_TOKEN: "old" } }).outcome)).toBe(
      "DigitalOcean answered 401: Unable to authenticate you",
    );
  });

  test("the token goes nowhere else: not to another origin, not over plain http", async () => {
    const elsewhere = { links: { pages: { next: "http://127.0.0.1:1/v2/droplets?page=2" } }, droplets: [] };
    instead.set("GET /v2/droplets", [() => Response.json(elsewhere)]);
    expect(await messageOf(call(reboot).outcome)).toEndWith("the next page is at http://127.0.0.1:1");
    const plain = { GARZA_DIGITALOCEAN_URL: "http://api.example.com" };
    expect(await messageOf(call(reboot, { env: plain }).outcome)).toBe(
      "GARZA_DIGITALOCEAN_URL: http://api.example.com is no https address",
    );
  });

  test("without a token it says how to set one", async () => {
    expect(await messageOf(call(reboot, { secrets: {} }).outcome)).toBe(
      "secret DIGITALOCEAN_TOKEN: is not set\n  Set it: garza secret set DIGITALOCEAN_TOKEN",
    );
  });

  test("an action needs one droplet", () => {
    expect(externalApi.faults?.({ action: "reboot_droplet" })).toHaveLength(1);
    expect(externalApi.faults?.({ ...reboot, droplet_id: 1 })).toHaveLength(1);
    expect(externalApi.faults?.(reboot)).toEqual([]);
    expect(externalApi.faults?.({ action: "list_droplets" })).toEqual([]);
  });
});
