/** The routes under /v1, and what is answered when none of them can. */
import { type Context, Hono } from "hono";
import { GarzaError, problem } from "../core/problem.ts";
import { bugDocument, type ProblemDocument, problemType, toDocument } from "./problem-document.ts";
import { routes } from "./routes/index.ts";
import type { Served } from "./served.ts";

export function makeApp(served: Served): Hono {
  const app = new Hono();
  // Hono would run the route of GET for it: a stream that nobody reads.
  app.use(async (c, next) => (c.req.raw.method === "HEAD" ? refuseMethod(c, ["GET", "POST"]) : next()));
  for (const { method, path, answer } of routes) app.on(method, listenedTo(path), (c) => answer(c, served));
  refuseOtherMethods(app);
  app.notFound((c) => {
    throw problem({ kind: "route-unknown", path: shortened(c.req.path) });
  });
  app.onError((thrown) => answerProblem(thrown, served.onBug));
  return app;
}

/** `{name...}` takes slashes, too. */
const listenedTo = (path: string) => path.replace(/\{(\w+)\.\.\.\}/, ":$1{.+}").replace(/\{(\w+)\}/g, ":$1");

/** Also for what is thrown outside of a route. */
export function answerProblem(thrown: unknown, onBug: (thrown: unknown) => void): Response {
  if (!(thrown instanceof GarzaError)) {
    onBug(thrown);
    return answer(bugDocument());
  }
  const { problem: data } = thrown;
  return answer(toDocument(data), data.kind === "method-refused" ? { Allow: data.allowed.join(", ") } : {});
}

/** Its sender may not have sent all of its body, and is not waited for. */
const answer = (document: ProblemDocument, headers: Record<string, string> = {}) =>
  Response.json(document, {
    status: document.status,
    headers: { ...headers, "Content-Type": problemType, Connection: "close" },
  });

/** Whatever reaches a known path behind its own routes has a method that none of them takes. */
function refuseOtherMethods(app: Hono): void {
  const known = app.routes.filter(({ method }) => method !== "ALL");
  for (const path of new Set(known.map((route) => route.path))) {
    const allowed = known.filter((route) => route.path === path).map(({ method }) => method);
    app.all(path, (c) => refuseMethod(c, allowed));
  }
}

function refuseMethod(c: Context, allowed: string[]): never {
  throw problem({ kind: "method-refused", method: c.req.raw.method, path: shortened(c.req.path), allowed });
}

const shortened = (path: string) => (path.length > 200 ? `${path.slice(0, 200)}…` : path);
