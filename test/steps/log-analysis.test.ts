import { describe, expect, test } from "bun:test";
import { logAnalysis } from "../../src/steps/log-analysis.ts";
import { done } from "../../src/steps/step.ts";
import { runStep, stepContext } from "../support/step-context.ts";

const logs = ["start", "ERROR disk", "ok", "ERROR net (a+)", "ERROR disk", "stop"].join("\r\n");
const analyse = (keys: { patterns: string[] | string; context?: number }, text: string | string[] = logs) =>
  runStep(logAnalysis, { logs: "${logs}", ...keys }, stepContext({ names: { logs: text } }));

describe("log_analysis", () => {
  test("counts matching lines, the most frequent first", async () => {
    expect(await analyse({ patterns: ["ERROR"] })).toEqual(
      done("2× ERROR disk\n1× ERROR net (a+)", {
        json: [
          { line: "ERROR disk", count: 2, first: 2, context: [] },
          { line: "ERROR net (a+)", count: 1, first: 4, context: [] },
        ],
      }),
    );
  });

  test("plain text is not an expression, slashes make one; a line counts once for several patterns", async () => {
    expect(await analyse({ patterns: "(a+)" })).toMatchObject({ value: "1× ERROR net (a+)" });
    expect(await analyse({ patterns: ["/^error (disk|net)$/i", "disk"] })).toMatchObject({ value: "2× ERROR disk" });
  });

  test("context shows the lines around a match's first place", async () => {
    expect(await analyse({ patterns: ["net"], context: 1 })).toMatchObject({
      value: "1× ERROR net (a+)\n   ok\n   ERROR disk",
    });
    expect(await analyse({ patterns: ["start"], context: 5 }, "start\nend")).toMatchObject({
      value: "1× start\n   end",
    });
  });

  test("a list of lines will do; an empty log and no match are empty", async () => {
    expect(await analyse({ patterns: ["b"] }, ["a", "b"])).toMatchObject({ value: "1× b" });
    expect(await analyse({ patterns: ["x"] })).toEqual(done("", { json: [] }));
    expect(await analyse({ patterns: ["x"] }, "")).toEqual(done("", { json: [] }));
  });

  test("a pattern that would backtrack without end elsewhere is answered", async () => {
    expect(await analyse({ patterns: ["/^(a+)+$/"] }, `${"a".repeat(5_000)}!`)).toMatchObject({ value: "" });
  });

  test("a bad expression fails with what is wrong with it", async () => {
    expect(await analyse({ patterns: ["/(/"] }).catch((error: Error) => error.message)).toStartWith(
      "E_REGEX in /(/: missing closing )",
    );
  });
});
