import { beforeEach, describe, expect, test } from "bun:test";
import { systemClock } from "../../src/core/clock.ts";
import type { Mapping, Value } from "../../src/core/value.ts";
import { openStateFiles } from "../../src/state/open-state-files.ts";
import type { StateFiles } from "../../src/state/state-files.ts";
import { operationLog } from "../../src/steps/operation-log.ts";
import { stateCheck } from "../../src/steps/state-check.ts";
import { stateUpdate } from "../../src/steps/state-update.ts";
import { done, failed } from "../../src/steps/step.ts";
import { configured, runStep, stepContext, temporaryRoot } from "../support/step-context.ts";

let state: StateFiles;
const put = (path: string, value: Value) => state.update("s.json", [{ path: [path], text: path, value }]);
beforeEach(() => {
  state = openStateFiles({ root: temporaryRoot(), clock: { ...systemClock, now: () => 0 } });
});

describe("state_check", () => {
  const check = (keys: Mapping, names: Mapping = {}) =>
    runStep(stateCheck, { file: "s.json", ...keys }, stepContext({ names, state }));

  test("gives the value at a path, null where nothing is, and a list for *", async () => {
    await put("apps", { web: { status: "up" }, db: { status: "down" } });
    expect(await check({ path: ".apps.${name}.status" }, { name: "web" })).toEqual(done("up"));
    expect(await check({ path: ".apps.gone.status" })).toEqual(done(null));
    expect(await check({ path: ".apps.*.status" })).toEqual(done(["up", "down"]));
    expect(await check({ file: "absent.json", path: ".a" })).toEqual(done(null));
    expect(await check({ action: "read" })).toEqual(done({ apps: { web: { status: "up" }, db: { status: "down" } } }));
  });

  test("finds a service in whichever section it is", async () => {
    await put("version", 1);
    await put("fly_apps", { web: { status: "up" } });
    await put("servers", { db: "5.1" });
    expect(await check({ service: "db" })).toEqual(done("5.1"));
    expect(await check({ service: "web" })).toEqual(done({ status: "up" }));
    expect(await check({ service: "toString" })).toEqual(done(null));
  });

  test("an expectation that does not hold is a failure that says both", async () => {
    await put("port", 8080);
    expect(await check({ path: ".port", expected: "${p}" }, { p: "8080" })).toEqual(done(8080));
    expect(await check({ path: ".port", expected: 80 })).toEqual(failed("s.json .port: expected 80, found 8080"));
    expect(await check({ path: ".gone", expected: null })).toEqual(done(null));
    expect(await check({ service: "x", expected: "y" })).toEqual(failed('s.json service x: expected "y", found null'));
  });

  test("it is a question only with an expectation, and of a path or a service", () => {
    expect([stateCheck.asks?.({ path: ".a" }), stateCheck.asks?.({ expected: 1 })]).toEqual([false, true]);
    expect(stateCheck.faults?.({ path: ".a", service: "b" })).toHaveLength(1);
  });

  test("a value is one plain key, and no path through a prototype is read", async () => {
    await put("a.b*", "found");
    expect(await check({ path: ".${k}" }, { k: "a.b*" })).toEqual(done("found"));
    await expect(check({ path: ".${k}.x" }, { k: "__proto__" })).rejects.toThrow("E_KEY");
    await expect(check({ file: "../../../etc/passwd", path: ".a" })).rejects.toThrow("is refused");
  });
});

describe("state_update", () => {
  const update = (updates: Mapping, names: Mapping = {}) => {
    const context = stepContext({ names, state });
    return { context, outcome: runStep(stateUpdate, { file: "s.json", updates }, context) };
  };

  test("writes values with their types; its value are the paths that changed", async () => {
    await put("same", 1);
    const names = { app: "my.app", port: 8080, tags: ["a"] };
    const updates = {
      ".apps.${app}.port": "${port}",
      ".apps.${app}.url": "http://x:${port}/",
      ".tags": "${tags}",
      ".same": 1,
    };
    expect(await update(updates, names).outcome).toEqual(
      done(['.apps["my.app"].port', '.apps["my.app"].url', ".tags"]),
    );
    expect(await state.read("s.json")).toEqual({
      same: 1,
      apps: { "my.app": { port: 8080, url: "http://x:8080/" } },
      tags: ["a"],
    });
  });

  test("a literal null deletes; a value that is not set, or null, leaves the place with a warning", async () => {
    await put("a", 1);
    await put("b", 2);
    const { context, outcome } = update(
      { ".a": null, ".b": "${unset}", ".c": "${nothing}", ".d": "${blank}" },
      { nothing: null, blank: "" },
    );
    expect(await outcome).toEqual(done([".a", ".d"]));
    expect(await state.read("s.json")).toEqual({ b: 2, d: "" });
    expect(context.warned).toEqual([
      ".b was left as it is: its value is not set",
      ".c was left as it is: its value is not set",
    ]);
  });

  test("publish may be written; the plan and the intent change nothing", async () => {
    await put("a", 1);
    const context = stepContext({ names: { v: 2 }, state });
    const config = configured(
      stateUpdate,
      { file: "s.json", publish: "now", updates: { ".a": "${v}", ".b": 1, ".c": null } },
      context,
    );
    expect(stateUpdate.plan(config, { ...context, decide: () => null })).toEqual([
      { label: "set", text: "s.json .a = 2" },
      { label: "set", text: "s.json .b = 1" },
      { label: "delete", text: "s.json .c" },
    ]);
    expect(await stateUpdate.intent?.(config, { ...context, decide: () => null })).toEqual({
      file: "s.json",
      changes: [
        { path: ".a", before: 1, after: 2 },
        { path: ".b", after: 1 },
      ],
    });
    expect(await state.read("s.json")).toEqual({ a: 1 });
  });

  test("after a crash it is run again, unless somebody else has changed a place meanwhile", async () => {
    await put("a", 1);
    await put("gone", 1);
    const context = stepContext({ state });
    const config = configured(stateUpdate, { file: "s.json", updates: { ".a": 2, ".b": 3, ".gone": null } }, context);
    const plan = { ...context, decide: () => null };
    const intent = JSON.parse(JSON.stringify(await stateUpdate.intent?.(config, plan))) as Mapping;
    const judged = () => stateUpdate.evidence?.(config, intent, plan);
    expect(await judged()).toBe("run");
    await stateUpdate.run(config, context);
    expect(await judged()).toBe("run");
    await put("b", 4);
    expect(await judged()).toBe("unknown");
  });
});

describe("operation_log", () => {
  test("appends under the step's token, once however often it is run", async () => {
    const context = stepContext({ names: { app: "web" }, state });
    const keys = { entry: { app: "${app}", "by ${app}": 1 } };
    expect(await runStep(operationLog, keys, context)).toEqual(done(context.token));
    expect(await runStep(operationLog, keys, context)).toEqual(done(context.token));
    expect(await state.read("operations.json")).toEqual({
      operations: [{ id: context.token, timestamp: "1970-01-01T00:00:00.000Z", app: "web", "by web": 1 }],
    });
  });

  test("keeps an id and a file of the author's own", async () => {
    const context = stepContext({ state });
    expect(await runStep(operationLog, { entry: { id: 7, x: 1 }, file: "log.json" }, context)).toEqual(done("7"));
    expect(await state.get("log.json", ["operations", 0, "id"])).toEqual([{ path: ".operations[0].id", value: "7" }]);
  });
});
