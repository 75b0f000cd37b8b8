/** The part of DigitalOcean's API (v2) that operations need. */

import { showDuration } from "../core/duration.ts";
import type { HttpAnswer } from "../core/http.ts";
import { jsonBody } from "../core/http-json.ts";
import { GarzaError, messageOf, problem } from "../core/problem.ts";
import type { Setting } from "../core/settings.ts";
import { isMapping, type Mapping, toText, type Value } from "../core/value.ts";
import type { StepContext } from "./step.ts";

export type Action = { id: number; status: string; type: string };
export type ActionType = "reboot" | "power_cycle";

const api = "DigitalOcean";
/** Time for one request; the step's own limit holds besides. */
const requestMs = 30_000;

export function openDigitalOcean(context: StepContext) {
  const origin = originOf(context.settings["apis.digitalocean.url"]);
  const token = context.secret("DIGITALOCEAN_TOKEN");
  if (token === undefined) {
    const hint = "Set it: garza secret set DIGITALOCEAN_TOKEN";
    throw problem({ kind: "configuration", where: "secret DIGITALOCEAN_TOKEN", message: "is not set", hint });
  }
  const send = (method: "GET" | "POST", url: string, body?: Mapping) =>
    sendPatiently({ method, url, token, body }, context);
  const get = async (url: string) => bodyOf(await send("GET", url));

  /** Every element of a list, page by page. The token never leaves the API's own origin. */
  async function list(path: string, key: string): Promise<Mapping[]> {
    const all: Mapping[] = [];
    for (let url = new URL(path, origin).href; ; ) {
      const page = await get(url);
      all.push(...listIn(page, key));
      const next = nextPage(page);
      if (next === undefined) return all;
      url = new URL(next, origin).href;
      if (new URL(url).origin !== origin) throw malformed(`the next page is at ${new URL(url).origin}`);
    }
  }

  const action = async (id: number) => actionIn(await get(`${origin}/v2/actions/${id}`));

  /** The last action of a droplet; undefined when it never had one. */
  async function lastAction(droplet: number): Promise<Action | undefined> {
    const page = await get(`${origin}/v2/droplets/${droplet}/actions?per_page=200`);
    const actions = listIn(page, "actions").map(readAction);
    return actions.sort((a, b) => b.id - a.id)[0];
  }

  /** Asks for an action once. When no answer comes, the droplet's own list tells whether it was begun. */
  async function act(droplet: number, type: ActionType): Promise<Action> {
    const before = await lastAction(droplet);
    try {
      return actionIn(bodyOf(await send("POST", `${origin}/v2/droplets/${droplet}/actions`, { type })));
    } catch (error) {
      if (!mayHaveBegun(error)) throw error;
      // No answer here either leaves the first error as it is: nobody can tell.
      const begun = await lastAction(droplet).catch(() => undefined);
      if (begun && begun.type === type && begun.id > (before?.id ?? 0)) return begun;
      const next = "Look at the droplet before anything is run again.";
      throw problem(
        { kind: "outcome-unknown", what: `${type} of droplet ${droplet}`, why: messageOf(error), next },
        error,
      );
    }
  }

  return { droplets: () => list("/v2/droplets?per_page=200", "droplets"), action, act };
}

export type DigitalOcean = ReturnType<typeof openDigitalOcean>;

/** Whether a look may be tried again: no answer, or trouble on the other side. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof GarzaError)) return false;
  const { problem: what } = error;
  return what.kind === "no-answer" || (what.kind === "api-refused" && what.answered >= 500);
}

function mayHaveBegun(error: unknown): boolean {
  if (!(error instanceof GarzaError)) return false;
  const { problem: what } = error;
  return what.kind === "no-answer" ? what.sent : what.kind === "timed-out" || isPassing(error);
}

type Sending = { method: "GET" | "POST"; url: string; token: string; body: Mapping | undefined };

/** Waits as long as the API asks when there were too many requests: such a request was not carried out. */
async function sendPatiently({ method, url, token, body }: Sending, context: StepContext): Promise<HttpAnswer> {
  for (;;) {
    const answer = await context.http({
      method,
      url,
      headers: { authorization: `Bearer ${token}`, accept: "application/json", "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs: Math.min(requestMs, context.remainingMs() ?? requestMs),
      maxBytes: 16 * 1024 * 1024,
      follow: false,
    });
    if (answer.status !== 429) return answer;
    const waitMs = Math.max(1, Number.parseInt(answer.headers["retry-after"] ?? "", 10) || 1) * 1000;
    if (waitMs >= (context.remainingMs() ?? Number.POSITIVE_INFINITY)) {
      const message = `too many requests; it asks to wait ${showDuration(waitMs)}, longer than the step may take`;
      throw problem({ kind: "api-refused", api, answered: 429, message });
    }
    context.say(`${api} asks to wait ${showDuration(waitMs)}`);
    await context.clock.sleep(waitMs, context.signal);
  }
}

function bodyOf(answer: HttpAnswer): Value {
  const body = jsonBody(answer);
  if (answer.status < 200 || answer.status > 299) {
    const message = isMapping(body) ? toText(body.message) : answer.body.slice(0, 200);
    throw problem({ kind: "api-refused", api, answered: answer.status, message });
  }
  if (body === undefined) throw malformed("the answer is no JSON");
  return body;
}

function listIn(page: Value, key: string): Mapping[] {
  const list = isMapping(page) ? page[key] : undefined;
  if (!Array.isArray(list)) throw malformed(`the answer has no ${key}`);
  return list.filter(isMapping);
}

function nextPage(page: Value): string | undefined {
  const links = isMapping(page) && isMapping(page.links) ? page.links.pages : undefined;
  return isMapping(links) && typeof links.next === "string" ? links.next : undefined;
}

const actionIn = (body: Value) => readAction(isMapping(body) ? (body.action ?? null) : null);

function readAction(action: Value): Action {
  if (!isMapping(action) || typeof action.id !== "number") throw malformed("the answer has no action");
  return { id: action.id, status: toText(action.status), type: toText(action.type) };
}

const malformed = (message: string) => problem({ kind: "api-refused", api, answered: 200, message });

/** The token goes over the network in the clear only to this machine itself. */
function originOf({ value: text, from }: Setting): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = ["127.0.0.1", "[::1]", "localhost"].includes(url?.hostname ?? "");
  if (url && (url.protocol === "https:" || (url.protocol === "http:" && isLocal))) return url.origin;
  throw problem({ kind: "configuration", where: from, message: `${text} is no https address` });
}
