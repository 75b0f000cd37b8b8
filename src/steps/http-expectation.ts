/** What an HTTP answer has to be. */
import { z } from "zod";
import type { HttpAnswer } from "../core/http.ts";
import { proseSchema } from "./scalar-schemas.ts";

const expected = { error: "expected a status (200) or a list of them" };

const status = z
  .union([z.number(), z.string().regex(/^\d{3}$/, expected)], expected)
  .transform(Number)
  .refine((code) => Number.isInteger(code) && code >= 100 && code <= 599, {
    error: "expected a status from 100 to 599",
  });

export const expectationKeys = {
  expected_status: z
    .union(
      [
        status.transform((one) => [one]),
        z.array(status).min(1),
        z
          .string()
          .transform((text): (string | number)[] => text.split(",").map((part) => part.trim()))
          .pipe(z.array(status)),
      ],
      expected,
    )
    .optional()
    .describe("Status, or a list of those that will do (default: any 2xx)."),
  expected_body_contains: proseSchema.optional().describe("Text that the body has to contain."),
};

export type Expectation = { expected_status?: number[] | undefined; expected_body_contains?: string | undefined };

/** Why the answer is not what was expected; undefined: it is. */
export function unmet(answer: HttpAnswer, expectation: Expectation): string | undefined {
  const { expected_status: statuses, expected_body_contains: text } = expectation;
  const { status } = answer;
  if (statuses ? !statuses.includes(status) : status < 200 || status > 299) {
    return `status ${status}, expected ${statuses ? statuses.join(" or ") : "2xx"}`;
  }
  if (text === undefined || answer.body.includes(text)) return undefined;
  const cut = answer.truncated ? " in its first part, and the rest was not read" : "";
  return `the answer does not contain ${JSON.stringify(text)}${cut}`;
}

/** Whoever expects a redirect wants to see it, not what stands behind it. */
export const followsRedirects = ({ expected_status }: Expectation) =>
  !expected_status?.some((code) => code >= 300 && code < 400);
