/** HTTP for steps, checks and channels: http and https only, every phase under a limit, redirects by rule. */
import { alarm } from "./clock.ts";
import { showUrl } from "./http-url.ts";
import { problem } from "./problem.ts";

export type HttpRequest = {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** For the whole of it, redirects included. */
  timeoutMs: number;
  /** Milliseconds for one phase; the whole limit holds besides. `connect` is at most 10 s where it is not given. */
  limits?: { connect?: number; headers?: number; body?: number };
  /** Bytes of the answer that are kept (default 1 MiB); the rest is not read. */
  maxBytes?: number;
  /** False: a redirect is the answer. Default true, for GET and HEAD only. */
  follow?: boolean;
};

/** Header names are in lower case; several of one name are joined by `, `. */
export type HttpAnswer = {
  status: number;
  headers: Record<string, string>;
  /** Decompressed, and decoded by the charset that the answer names. */
  body: string;
  /** The body was longer than `maxBytes`; this is its beginning. */
  truncated?: boolean;
};

const mostRedirects = 5;
/** What may follow a redirect to another origin: anything else may be a credential. */
const harmless = new Set(["accept", "accept-language", "user-agent"]);

/** Sends one request and follows its redirects. Throws `no-answer`, `value-refused` (a bad URL), or the signal's reason. */
export async function sendRequest(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { exchange } = await import("./http-exchange.ts");
  const limit = new AbortController();
  const release = alarm(request.timeoutMs, () => limit.abort());
  try {
    let hop = { ...request, url: readUrl(request.url), headers: lowerCase(request.headers ?? {}) };
    for (let redirects = 0; ; redirects++) {
      const answer = await exchange(hop, { cancel: signal, limit: limit.signal });
      const next = redirection(hop, answer);
      if (next === undefined) return answer;
      if (redirects === mostRedirects) throw silent(hop.url, `more than ${mostRedirects} redirects`);
      hop = { ...hop, url: next, headers: headersFor(next, hop) };
    }
  } finally {
    release();
  }
}

function readUrl(text: string): URL {
  const refuse = (message: string) => problem({ kind: "value-refused", code: "E_URL", where: "url", message });
  if (!URL.canParse(text)) throw refuse(`${JSON.stringify(text)} is no URL`);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refuse(`${url.protocol} is not spoken here, only http: and https:`);
  }
  return url;
}

const lowerCase = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function redirection(request: { method: string; url: URL; follow?: boolean }, answer: HttpAnswer): URL | undefined {
  const { location } = answer.headers;
  const isRedirect = [301, 302, 303, 307, 308].includes(answer.status);
  const mayFollow = (request.follow ?? true) && ["GET", "HEAD"].includes(request.method.toUpperCase());
  if (!isRedirect || !mayFollow || location === undefined) return undefined;
  if (!URL.canParse(location, request.url.href)) throw silent(request.url, "redirects to something that is no URL");
  const next = new URL(location, request.url);
  if (next.protocol !== "http:" && next.protocol !== "https:") {
    throw silent(request.url, `redirects to a ${next.protocol} address`);
  }
  if (request.url.protocol === "https:" && next.protocol === "http:") {
    throw silent(request.url, `redirects from https to http (${showUrl(next)})`);
  }
  return next;
}

function headersFor(next: URL, { url, headers }: { url: URL; headers: Record<string, string> }) {
  if (next.origin === url.origin) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => harmless.has(name)));
}

const silent = (url: URL, why: string) => problem({ kind: "no-answer", where: showUrl(url), why, sent: true });
