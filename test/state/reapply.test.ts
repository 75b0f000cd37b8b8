import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readJson } from "../../src/core/json.ts";
import { toValue } from "../../src/core/json-tree.ts";
import type { Value } from "../../src/core/value.ts";
import { applyUpdates } from "../../src/state/apply.ts";
import { reapply } from "../../src/state/reapply.ts";
import type { RecordedChange } from "../../src/state/recorded-change.ts";
import type { StatePath } from "../../src/state/state-path.ts";

const any = { any: true } as const;
const json = (text: string) => JSON.parse(text) as Value;

/** What is kept of updates of a text, as a row of a database gives it back. */
function recorded(text: string, ...updates: [path: StatePath, value: Value | undefined][]): RecordedChange[] {
  const changes: RecordedChange[] = [];
  const named = updates.map(([path, value]) => ({ path, text: "", value }));
  applyUpdates(readJson(text, "f"), named, (change) => changes.push(change));
  return JSON.parse(JSON.stringify(changes)) as RecordedChange[];
}

const again = (text: string | undefined, changes: RecordedChange[]) => reapply(text, changes, { file: "s.json" });

describe("done again to a newer text", () => {
  test("a change meets what others have changed elsewhere, and the text keeps its form", () => {
    const changes = recorded('{"apps": {"web": {"status": "old"}}}', [["apps", "web", "status"], "new"]);
    const newer = '{\n    "10": 1.0,\n    "apps": {"db": {}, "web": {"status": "old", "port": 1}}\n}\n';
    expect(again(newer, changes)).toEqual({
      text: newer.replace('"status": "old"', '"status": "new"'),
      conflicts: [],
      warnings: [],
    });
  });

  test("an absent or empty file is made", () => {
    const changes = recorded("{}", [["a", "b"], 1]);
    for (const text of [undefined, "", " \n"])
      expect(again(text, changes).text).toBe('{\n  "a": {\n    "b": 1\n  }\n}\n');
  });

  test("of the same place ours wins, and theirs is told", () => {
    const changes = recorded('{"v": 1, "gone": 1}', [["v"], 2], [["gone"], null]);
    expect(again('{"v": 3, "gone": {"x": 1}}', changes)).toEqual({
      text: '{"v": 2}',
      conflicts: [
        { path: ".v", before: 1, ours: 2, theirs: 3, written: true },
        { path: ".gone", before: 1, ours: undefined, theirs: { x: 1 }, written: true },
      ],
      warnings: [],
    });
    expect(again('{"v": 2}', changes)).toEqual({ text: '{"v": 2}', conflicts: [], warnings: [] });
  });

  test("what a later one of ours had put there is no loss", () => {
    const changes = recorded('{"v": 1}', [["v"], 2], [["v"], 3]);
    expect(again('{"v": 3}', changes)).toEqual({ text: '{"v": 3}', conflicts: [], warnings: [] });
  });

  test("what was set to what it was already is set none the less: others may have changed it", () => {
    const changes = recorded('{"v": 2}', [["v"], 2]);
    expect(again('{"v": 3}', changes)).toMatchObject({ text: '{"v": 2}', conflicts: [{ theirs: 3 }] });
  });

  test("a mapping is set key by key: what others have added stays, and is told", () => {
    const changes = recorded('{"web": {"status": "up", "error": "x", "deep": {"a": 1}}}', [
      ["web"],
      { status: "down", deep: { a: 2, nothing: null } },
    ]);
    const { text, conflicts, warnings } = again(
      '{"web": {"status": "up", "error": "y", "port": 1, "deep": {"a": 1, "b": 1}}}',
      changes,
    );
    expect(json(text)).toEqual({ web: { status: "down", port: 1, deep: { a: 2, b: 1, nothing: null } } });
    expect(conflicts).toEqual([{ path: ".web.error", before: "x", ours: undefined, theirs: "y", written: true }]);
    expect(warnings).toEqual([
      ".web.deep.b was added by somebody else, and stays",
      ".web.port was added by somebody else, and stays",
    ]);
  });

  test("a * means what is there by then", () => {
    const set = recorded('{"apps": {"a": {"s": 1}}}', [["apps", any, "s"], 2]);
    expect(again('{"apps": {"a": {"s": 1}, "b": {}}}', set)).toEqual({
      text: '{"apps": {"a": {"s": 2}, "b": {"s": 2}}}',
      conflicts: [],
      warnings: [],
    });
    expect(again("{}", set).warnings).toEqual([".apps.*.s was not set: there is no such place any more"]);
    const emptied = recorded('{"list": [1, 2]}', [["list", any], null]);
    expect(again('{"list": [0, 1, 2]}', emptied)).toMatchObject({ text: '{"list": []}', conflicts: [{ theirs: 0 }] });
  });

  test("an element that was appended goes behind those of others, once", () => {
    const changes = recorded('{"list": ["a"]}', [["list", 1], "mine"]);
    const once = again('{"list": ["a", "theirs"]}', changes);
    expect(once).toEqual({ text: '{"list": ["a", "theirs", "mine"]}', conflicts: [], warnings: [] });
    expect(again(once.text, changes)).toEqual(once);
    const replaced = recorded('{"list": ["a", "b"]}', [["list", 1], "mine"]);
    expect(again('{"list": ["a"]}', replaced).text).toBe('{"list": ["a", "mine"]}');
  });

  test("an element that was deleted is found where it is now, and another one is spared", () => {
    const changes = recorded('{"list": ["a", "b", "c"]}', [["list", 1], null]);
    expect(again('{"list": ["new", "a", "b", "c"]}', changes).text).toBe('{"list": ["new", "a", "c"]}');
    expect(again('{"list": ["a", "c"]}', changes)).toEqual({
      text: '{"list": ["a", "c"]}',
      conflicts: [],
      warnings: [".list[1] was not deleted: another element stands there now"],
    });
  });

  test("what stands in the way is left, and told", () => {
    const changes = recorded("{}", [["a", "b", "c"], 1]);
    expect(again('{"a": {"b": "text"}}', changes)).toEqual({
      text: '{"a": {"b": "text"}}',
      conflicts: [{ path: ".a.b.c", before: undefined, ours: 1, theirs: "text", written: false }],
      warnings: [],
    });
  });

  test("an entry of a log is appended once, whatever was appended meanwhile", () => {
    const changes: RecordedChange[] = [{ kind: "append", id: "2", entry: { by: "x" }, at: 0 }];
    const once = again('{"history": [{"id": "1"}, {"id": "3"}]}', changes);
    expect(json(once.text)).toEqual({
      history: [{ id: "1" }, { id: "3" }, { id: "2", timestamp: "1970-01-01T00:00:00.000Z", by: "x" }],
    });
    expect(again(once.text, changes)).toEqual(once);
    expect(json(reapply(once.text, [], { file: "s.json" }).text)).toEqual(json(once.text));
    const few = reapply('{"history": [{"id": "1"}]}', changes, { file: "s.json", logLimit: 1 });
    expect(json(few.text)).toMatchObject({ history: [{ id: "2" }] });
  });

  test("a text that is no JSON is refused with its place", () => {
    expect(() => again('{"a": 1', [])).toThrow("s.json is damaged (line 1, column 8:");
    expect(() => again('{"operations": 1}', [{ kind: "append", id: "1", entry: {}, at: 0 }])).toThrow("is not a list");
  });
});

test("to the text that it was made to, it does the same; and done twice, nothing more", () => {
  const key = fc.constantFrom("a", "b", "c");
  const leaf = fc.oneof(fc.integer(), fc.constantFrom("x", true), fc.dictionary(key, fc.integer()));
  const update = fc.tuple(fc.array(key, { minLength: 1, maxLength: 3 }), fc.oneof(leaf, fc.constant(null)));
  const document = fc.dictionary(key, fc.dictionary(key, fc.dictionary(key, fc.integer())));
  fc.assert(
    fc.property(document, fc.array(update, { maxLength: 5 }), (base, updates) => {
      const text = JSON.stringify(base, null, 2);
      const tree = readJson(text, "f");
      const changes: RecordedChange[] = [];
      const named = updates.map(([path, value]) => ({ path, text: "", value }));
      try {
        applyUpdates(tree, named, (change) => changes.push(change));
      } catch {
        // Something was in the way.
        return;
      }
      const once = again(text, changes);
      expect([json(once.text), once.conflicts]).toEqual([JSON.parse(JSON.stringify(toValue(tree.root))), []]);
      expect(json(again(once.text, changes).text)).toEqual(json(once.text));
    }),
  );
});
