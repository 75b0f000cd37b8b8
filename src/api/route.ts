/**
 * One route as data: what is listened to and what the OpenAPI document says are made from the same row, so that
 * they can't differ. The schemas that are documented are those that check.
 */
import type { Context } from "hono";
import { z } from "zod";
import type { Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { type BodyText, check, readBodyText, readQuery } from "./read-request.ts";
import type { Served } from "./served.ts";
import { parseStrictly } from "./strict-json.ts";

export type Route = Described & { answer(c: Context, served: Served): Promise<Response> };

export type Described = {
  method: "GET" | "POST";
  /** `/v1/operations/{id}`; `{name...}` may hold slashes. */
  path: string;
  summary: string;
  /** What the parameters in the path are. */
  parameters?: Record<string, string>;
  query?: z.ZodObject;
  /** A header that is read, and what it is for. */
  header?: { name: string; schema: z.ZodType; says: string };
  body?: z.ZodType;
  answers: {
    status?: 201;
    says: string;
    /** JSON, unless `type` says otherwise. */
    schema?: z.ZodType;
    type?: "application/json" | "text/plain" | "text/event-stream";
    /** Of a stream: what the frames hold, by their `event`; `message` is none. */
    frames?: Record<string, z.ZodType>;
    headers?: Record<string, string>;
  };
  /** Besides `usage` and `busy`, which any route may answer. */
  refuses?: readonly Problem["kind"][];
};

type Asked<Query, Body> = {
  query: Query;
  body: Body;
  /** A parameter of the path. */
  at(name: string): string;
  header(name: string): string | undefined;
};

type Written<Query extends z.ZodObject, Body extends z.ZodType> = Described & {
  query?: Query;
  body?: Body;
  /** MiB; 1 unless told. */
  most?: number;
  /** Of several bodies, the schema of the one that is meant: its faults are told. */
  choose?: (value: Value, mebibytes: number) => z.ZodType;
  run(asked: Asked<z.output<Query>, z.output<Body>>, served: Served): object | Promise<object>;
};

const nothing = z.strictObject({});

export function route<Query extends z.ZodObject = typeof nothing, Body extends z.ZodType = z.ZodUndefined>(
  written: Written<Query, Body>,
): Route {
  const { run, choose, most = 1, ...described } = written;
  const { body: bodySchema, query: querySchema, answers } = described;

  const readBody = ({ text, size }: BodyText): z.output<Body> => {
    const value = parseStrictly(text);
    return check(choose?.(value, size) ?? (bodySchema as Body), value, "body") as z.output<Body>;
  };
  return {
    ...described,
    async answer(c, served) {
      const query = readQuery(c, querySchema ?? nothing) as z.output<Query>;
      const sent = bodySchema && (await readBodyText(c, { most, clock: served.clock }));
      return served.turns.take(bodySchema ? "change" : "question", async () => {
        const asked = {
          query,
          body: sent ? readBody(sent) : (undefined as z.output<Body>),
          at: (name: string) => c.req.param(name) ?? "",
          header: (name: string) => c.req.header(name),
        };
        const answer = await run(asked, served);
        return answer instanceof Response ? answer : Response.json(answer, { status: answers.status ?? 200 });
      });
    },
  };
}

/** Lists of parameters, faults and the like that pass through as they are. */
export const anything = z.custom<Value>(() => true);
