import { beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { GarzaError } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { openStateFiles } from "../../src/state/open-state-files.ts";
import { appendOperationEntry } from "../../src/state/operation-entry.ts";
import type { StateFiles } from "../../src/state/state-files.ts";
import type { StatePath } from "../../src/state/state-path.ts";

let root: string;
let state: StateFiles;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "garza-state-"));
  state = openStateFiles({ root, clock: { ...systemClock, now: () => 0 }, logLimit: 3 });
});

const any = { any: true } as const;
const place = (file: string) => join(root, "infra/state", file);
const contents = (file: string) => readFileSync(place(file), "utf8");
function write(file: string, text: string): void {
  mkdirSync(dirname(place(file)), { recursive: true });
  writeFileSync(place(file), text);
}
const set = (path: StatePath, value: Value | undefined) => state.update("s.json", [{ path, text: "the path", value }]);

async function refusal(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (thrown instanceof GarzaError) return `${thrown.problem.kind}: ${thrown.message}`;
  throw new Error(`not refused: ${thrown}`);
}

describe("where a state file is", () => {
  test("under infra/state, with or without that prefix", async () => {
    write("deep/s.json", '{"a": 1}');
    for (const file of ["deep/s.json", "infra/state/deep/s.json", "./infra/state/deep/s.json", place("deep/s.json")]) {
      expect(await state.read(file)).toEqual({ a: 1 });
    }
    expect(await state.read("absent.json")).toEqual({});
    expect(existsSync(place("absent.json"))).toBe(false);
  });

  test.each(["../../../x.json", "/etc/passwd", "infra/state/../../x.json", "../hosts.json", "", ".", "a\0b"])(
    "%j is refused",
    async (file) => {
      expect(await refusal(state.read(file))).toStartWith("path-refused: ");
      expect(await refusal(state.update(file, []))).toStartWith("path-refused: ");
    },
  );

  test("a link may lead elsewhere in the repository, and out of it never", async () => {
    const outside = mkdtempSync(join(tmpdir(), "garza-outside-"));
    write("x.json", "{}");
    mkdirSync(join(root, "elsewhere"));
    symlinkSync(join(root, "elsewhere"), place("inside"));
    symlinkSync(outside, place("outside"));
    symlinkSync(join(outside, "new.json"), place("dangling.json"));
    await state.update("inside/s.json", [{ path: ["a"], text: ".a", value: 1 }]);
    expect(readdirSync(join(root, "elsewhere"))).toEqual(["s.json"]);
    expect(await refusal(state.append("outside/s.json", {}, "1"))).toStartWith("path-refused: ");
    expect(await refusal(state.append("dangling.json", {}, "1"))).toStartWith("path-refused: ");
    expect(readdirSync(outside)).toEqual([]);
  });

  test("a FIFO and a folder are no state files", async () => {
    write("x.json", "{}");
    Bun.spawnSync(["mkfifo", place("fifo.json")]);
    mkdirSync(place("folder.json"));
    expect(await refusal(state.read("fifo.json"))).toStartWith("path-refused: ");
    expect(await refusal(state.update("folder.json", []))).toStartWith("path-refused: ");
  });
});

describe("updates", () => {
  test("change their own places and nothing else of the text", async () => {
    write("s.json", '{\n    "10": {"status": "old", "port": 8080.0},\n    "2": [1, 2]\n}');
    const { changes, warnings } = await state.update("s.json", [
      { path: ["10", "status"], text: ".10.status", value: "new" },
      { path: ["2", 0], text: ".2[0]", value: null },
      { path: ["a.b", "c"], text: '["a.b"].c', value: true },
      { path: ["10", "port"], text: ".10.port", value: 8080 },
    ]);
    expect(contents("s.json")).toBe(
      '{\n    "10": {"status": "new", "port": 8080.0},\n    "2": [2],\n    "a.b": {\n        "c": true\n    }\n}',
    );
    expect({ changes, warnings }).toEqual({
      changes: [
        { path: ".10.status", before: "old", after: "new" },
        { path: ".2[0]", before: 1, after: undefined },
        { path: '["a.b"].c', before: undefined, after: true },
        { path: ".10.port", before: 8080, after: 8080 },
      ],
      warnings: [],
    });
  });

  test("a new file, and its folder, are made", async () => {
    await state.update("new/s.json", [{ path: ["a", "list", 0], text: "", value: "x" }]);
    expect(contents("new/s.json")).toBe('{\n  "a": {\n    "list": [\n      "x"\n    ]\n  }\n}\n');
    expect(statSync(place("new/s.json")).mode & 0o777).toBe(0o644);
    expect(readdirSync(place("new"))).toEqual(["s.json"]);
  });

  test("a value that is not set leaves its place as it is, with a warning", async () => {
    write("s.json", '{"a": 1}');
    expect(await set(["a"], undefined)).toEqual({
      changes: [],
      warnings: ["the path was left as it is: its value is not set"],
    });
    expect(contents("s.json")).toBe('{"a": 1}');
  });

  test("null deletes; what is not there is a warning", async () => {
    write("s.json", '{"a": {"b": 1}, "list": [1, 2, 3]}');
    expect((await set(["a", "b"], null)).warnings).toEqual([]);
    expect((await set(["a", "b"], null)).warnings).toEqual(["the path was left as it is: there is no such place"]);
    expect((await set(["list", any], null)).changes).toHaveLength(3);
    expect(await state.read("s.json")).toEqual({ a: {}, list: [] });
  });

  test("behind a * everything but the last key must exist, and the last is made", async () => {
    write("s.json", '{"apps": {"a": {"health": {}}, "b": {}, "c": "text", "d": {"health": {"ok": 1}}}}');
    expect(await set(["apps", any, "health", "ok"], 2)).toEqual({
      changes: [
        { path: ".apps.a.health.ok", before: undefined, after: 2 },
        { path: ".apps.d.health.ok", before: 1, after: 2 },
      ],
      warnings: [],
    });
    const before = contents("s.json");
    for (const path of [
      ["none", any, "x"],
      ["apps", any, "deep", "x"],
      ["apps", "b", any],
    ] as StatePath[]) {
      expect((await set(path, 1)).warnings).toEqual(["the path was left as it is: there is no such place"]);
    }
    expect(contents("s.json")).toBe(before);
  });

  test("a segment that came out of a value is one plain key, whatever it holds", async () => {
    await set(["*", "a.b", "[0]"], 1);
    expect(await state.read("s.json")).toEqual({ "*": { "a.b": { "[0]": 1 } } });
  });

  test("null on the way counts as missing, anything else is in the way", async () => {
    write("s.json", '{"n": null, "text": "x", "list": [1]}');
    await set(["n", "a", "b"], 1);
    expect(await state.read("s.json")).toEqual({ n: { a: { b: 1 } }, text: "x", list: [1] });
    const before = contents("s.json");
    expect(await refusal(set(["text", "a"], 1))).toBe(
      "value-refused: E_STATE_PATH in the path: .text is no mapping: it has no place for .a",
    );
    expect(await refusal(set(["list", 5], 1))).toContain(".list is a list: it has no place for [5]");
    expect(await refusal(set(["list", "name"], 1))).toContain(".list is a list: it has no place for .name");
    expect(await refusal(set([], 1))).toContain("it names the whole file");
    expect(contents("s.json")).toBe(before);
  });

  test("one that is refused leaves the whole file as it was", async () => {
    write("s.json", '{"a": 1}');
    const updates = [
      { path: ["a"], text: ".a", value: 2 },
      { path: ["a", "b"], text: ".a.b", value: 3 },
    ];
    expect(await refusal(state.update("s.json", updates))).toStartWith("value-refused: ");
    expect(contents("s.json")).toBe('{"a": 1}');
  });

  test("nothing reaches a prototype", async () => {
    write("s.json", "{}");
    for (const path of [
      ["__proto__", "x"],
      ["a", "constructor", "prototype"],
      [any, "__proto__"],
    ] as StatePath[]) {
      expect(await refusal(set(path, 1))).toContain("is not allowed");
      expect(await refusal(state.get("s.json", path))).toContain("is not allowed");
    }
    expect(await refusal(set(["a"], JSON.parse('{"__proto__": {"x": 1}}') as Value))).toContain("is not allowed");
    expect(await refusal(set(["a"], Number.NaN))).toContain("NaN can't be kept in JSON");
    write("s.json", '{"__proto__": {"x": 1}}');
    expect(await refusal(state.read("s.json"))).toStartWith("data-damaged: ");
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("a damaged file is refused with its place and left as it is", async () => {
    write("s.json", '{\n  "a": 1,\n  "a": 2\n}');
    expect(await refusal(set(["a"], 3))).toBe(
      'data-damaged: infra/state/s.json is damaged (line 3, column 3: the key "a" stands here for the second time); nothing was changed. Look: garza doctor',
    );
    expect(contents("s.json")).toBe('{\n  "a": 1,\n  "a": 2\n}');
  });

  test("a preview tells the same and writes nothing", async () => {
    write("s.json", '{"a": 1}');
    const updates = [{ path: ["b"], text: ".b", value: 2 }];
    const preview = await state.preview("s.json", updates);
    expect(contents("s.json")).toBe('{"a": 1}');
    expect(await state.update("s.json", updates)).toEqual(preview);
  });

  test("a * over 10,000 keys changes each of them", async () => {
    const services = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`s${i}`, { port: i }]));
    write("s.json", JSON.stringify({ services }, null, 2));
    expect((await set(["services", any, "status"], "ok")).changes).toHaveLength(10_000);
    expect((await state.get("s.json", ["services", any, "status"])).every(({ value }) => value === "ok")).toBe(true);
    expect((await set(["services", any], null)).changes).toHaveLength(10_000);
    expect(contents("s.json")).toBe('{\n  "services": {}\n}');
  });
});

describe("reading places", () => {
  test("gives every place that is there, in the file's order", async () => {
    write("s.json", '{"b": {"x": 1}, "a": {"x": [true]}, "c": {}}');
    expect(await state.get("s.json", [any, "x"])).toEqual([
      { path: ".b.x", value: 1 },
      { path: ".a.x", value: [true] },
    ]);
    expect(await state.get("s.json", ["a", "x", 0])).toEqual([{ path: ".a.x[0]", value: true }]);
    expect(await state.get("s.json", ["a", "y"])).toEqual([]);
    expect(await state.get("s.json", ["a", "x", "length"])).toEqual([]);
    expect(await state.get("absent.json", ["a"])).toEqual([]);
  });
});

describe("the operation log", () => {
  test("appends to the list that the file has, and never the same id twice", async () => {
    write("h.json", '{"note": "kept", "history": [{"id": "1"}]}');
    await state.append("h.json", { by: "x" }, "2");
    await state.append("h.json", { by: "y" }, "2");
    expect(contents("h.json")).toContain('"note": "kept"');
    expect(await state.read("h.json")).toEqual({
      note: "kept",
      history: [{ id: "1" }, { id: "2", timestamp: "1970-01-01T00:00:00.000Z", by: "x" }],
    });
  });

  test("a new file gets operations, newest last, and keeps so many", async () => {
    for (const id of ["1", "2", "3", "4", "5"])
      await state.append("operations.json", { id: Number(id), timestamp: id }, id);
    expect(await state.read("operations.json")).toEqual({
      operations: ["3", "4", "5"].map((id) => ({ id, timestamp: id })),
    });
  });

  test("the end of an operation is written once", async () => {
    const entry = {
      id: "op_1",
      template: "deploy/web",
      type: "deploy",
      status: "failed",
      target: null,
      started_at: "2026-01-01T00:00:00.000Z",
      ended_at: "2026-01-01T00:00:01.000Z",
      operator: "alice",
      host: "m1",
      error: "step build failed",
    } as const;
    await Promise.all([appendOperationEntry(state, entry), appendOperationEntry(state, entry)]);
    expect(await state.read("operations.json")).toEqual({ operations: [{ ...entry, timestamp: entry.ended_at }] });
  });

  test("a file whose list is none is damaged", async () => {
    write("operations.json", '{"operations": {}}');
    expect(await refusal(state.append("operations.json", {}, "1"))).toContain("operations is not a list");
  });
});

test("writers of several processes lose nothing", async () => {
  Bun.spawnSync(["git", "init", "-q"], { cwd: root });
  const writer = join(import.meta.dir, "append-many.ts");
  const names = ["a", "b", "c"];
  const started = names.map((name) => Bun.spawn([process.execPath, writer, root, name, "20"], { stderr: "pipe" }));
  const ended = await Promise.all(started.map(async (child) => [await child.exited, await child.stderr.text()]));
  expect(ended).toEqual(names.map(() => [0, ""]));
  const numbers = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(i), i]));
  expect(await state.read("counts.json")).toEqual({ a: numbers, b: numbers, c: numbers });
  const { operations } = (await state.read("operations.json")) as { operations: { id: string }[] };
  expect(operations.map(({ id }) => id).sort()).toEqual(
    names.flatMap((n) => Object.keys(numbers).map((i) => `${n}-${i}`)).sort(),
  );
  expect(readdirSync(place("")).sort()).toEqual(["counts.json", "operations.json"]);
}, 60_000);
