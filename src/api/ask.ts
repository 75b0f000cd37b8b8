/** One request to the control socket, and what it means when it is not answered. */
import { systemClock } from "../core/clock.ts";
import { type Problem, problem } from "../core/problem.ts";
import { fromDocument, problemType } from "./problem-document.ts";

/** An agent that takes longer than this has been stopped, or hangs. */
const longestWait = 60_000;

/** A change where there is a body. */
export async function ask<Answer>(socket: string, path: string, body?: object): Promise<Answer> {
  const signal = AbortSignal.timeout(longestWait);
  const request = body === undefined ? { signal } : { signal, method: "POST", body: JSON.stringify(body) };
  const response = await send(socket, path, request);
  try {
    return (await response.json()) as Answer;
  } catch (cause) {
    throw problem(unanswered(socket, cause, body !== undefined), cause);
  }
}

/** Resolves when the answer begins. Throws the problem that it is. */
export async function send(socket: string, path: string, request: BunFetchRequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await knock(`http://garza/v1${path}`, { ...request, unix: socket, keepalive: false, redirect: "error" });
  } catch (cause) {
    throw problem(unanswered(socket, cause, request.method === "POST"), cause);
  }
  if (response.ok) return response;
  const text = await response.text().catch(() => "");
  const isProblem = response.headers.get("Content-Type") === problemType;
  throw fromDocument(isProblem ? parse(text) : { status: response.status }, `the agent at ${socket}`);
}

/** Where more knock at once than wait at a door, the next ones are sent away. Nothing was sent then: they come again. */
async function knock(url: string, request: BunFetchRequestInit): Promise<Response> {
  for (let pause = 5; ; pause = Math.min(200, pause * 2)) {
    try {
      return await fetch(url, request);
    } catch (cause) {
      if (codeOf(cause) !== "EAGAIN") throw cause;
      await systemClock.sleep(pause, request.signal ?? undefined).catch(() => {
        throw cause;
      });
    }
  }
}

const codeOf = (thrown: unknown) => (thrown instanceof Error && "code" in thrown ? thrown.code : undefined);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A path that is too long is refused to whoever would listen there, too. */
const nobodyThere: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ECONNREFUSED", "ENAMETOOLONG"]);

function unanswered(socket: string, cause: unknown, isChange: boolean): Problem {
  const { name, message: why } = cause instanceof Error ? cause : {};
  const code = codeOf(cause);
  if (typeof code === "string" && nobodyThere.has(code)) return { kind: "no-agent", socket };
  if (code === "EACCES" || code === "EPERM")
    return {
      kind: "not-allowed",
      what: `the socket ${socket} is another user's`,
      next: "Ask as the user who runs the agent",
    };
  if (code === "EAGAIN") return { kind: "busy", what: "more ask the agent than it lets in", next: "Try again" };
  const silent = name === "TimeoutError";
  if (isChange) {
    const left = silent
      ? `the agent has not answered for ${longestWait / 1000} s`
      : "the agent left before it answered";
    return { kind: "outcome-unknown", what: "this", why: left, next: "Look before you ask again: garza history" };
  }
  if (code === "ECONNRESET") return { kind: "no-agent", socket };
  return { kind: "no-answer", where: `the agent at ${socket}`, why: why ?? "it is not known why", sent: true };
}
