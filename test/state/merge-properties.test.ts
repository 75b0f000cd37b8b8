import { expect, test } from "bun:test";
import fc from "fast-check";
import { isMapping, type Mapping, type Value } from "../../src/core/value.ts";
import { mergeJson } from "../../src/state/merge.ts";

const merge = (base: string, ours: string, theirs: string) => mergeJson({ base, ours, theirs }, "s.json");
const json = (text: string | undefined) => JSON.parse(text ?? "") as Value;

const key = fc.constantFrom("a", "b", "c", "10", "2", "é", "toString");
const leaf = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.constantFrom(true, null, 1.5), fc.array(fc.nat(3)));
const tree = fc.letrec<{ node: Value; mapping: Mapping }>((tie) => ({
  node: fc.oneof({ depthSize: "medium", maxDepth: 4 }, leaf, tie("mapping")) as fc.Arbitrary<Value>,
  mapping: fc.dictionary(key, tie("node"), { maxKeys: 5 }) as fc.Arbitrary<Mapping>,
})).mapping;

/** A text in which any white space stands wherever JSON allows it. */
function written(value: Value, spaces: readonly string[]): string {
  let at = 0;
  const space = () => spaces[at++ % spaces.length] ?? "";
  const write = (inner: Value): string => {
    if (Array.isArray(inner)) {
      return `[${inner.length === 0 ? space() : inner.map((each) => space() + write(each) + space()).join(",")}]`;
    }
    if (!isMapping(inner)) return JSON.stringify(inner);
    const members = Object.entries(inner).map(
      ([name, each]) => `${space()}${JSON.stringify(name)}${space()}:${space()}${write(each)}${space()}`,
    );
    return `{${members.length === 0 ? space() : members.join(",")}}`;
  };
  return space() + write(value) + space();
}
const spaces = fc.array(fc.constantFrom("", " ", "\n", "\n  ", "\t", "\r\n"), { minLength: 1, maxLength: 20 });

/** Every place of a value, the mapping that it is in, and its key. */
function places(value: Mapping): { within: Mapping; name: string }[] {
  return Object.entries(value).flatMap(([name, inner]) => [
    { within: value, name },
    ...(isMapping(inner) ? places(inner) : []),
  ]);
}
const leaves = (value: Mapping) => places(value).filter(({ within, name }) => !isMapping(within[name]));

type Edit = { by: "ours" | "theirs" | "none"; how: "set" | "delete" | "add" };
const edit: fc.Arbitrary<Edit> = fc.record({
  by: fc.constantFrom("ours", "theirs", "none"),
  how: fc.constantFrom("set", "delete", "add"),
});

/** The same edits, those of some sides alone: each at a leaf of its own. */
function edited(base: Mapping, edits: readonly Edit[], sides: readonly Edit["by"][]): Mapping {
  const copy = structuredClone(base);
  for (const [at, { within, name }] of leaves(copy).entries()) {
    const { by, how } = edits[at % edits.length] as Edit;
    if (!sides.includes(by)) continue;
    if (how === "delete") delete within[name];
    else if (how === "set") within[name] = { changed: at };
    else within[`new ${at}`] = [at];
  }
  return copy;
}

test("changes at different places all arrive, whichever side is ours", () => {
  const edits = fc.array(edit, { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(tree, edits, spaces, spaces, spaces, (base, all, ...space) => {
      const texts = [base, edited(base, all, ["ours"]), edited(base, all, ["theirs"])] as const;
      const [old, ours, theirs] = texts.map((value, at) => written(value, space[at] ?? [""])) as [
        string,
        string,
        string,
      ];
      const [one, other] = [merge(old, ours, theirs), merge(old, theirs, ours)];
      const everything = edited(base, all, ["ours", "theirs"]);
      expect([json(one.text), one.conflicts]).toEqual([everything, []]);
      expect([json(other.text), other.conflicts]).toEqual([everything, []]);
    }),
    { numRuns: 1000 },
  );
});

test("where one side has changed nothing but white space, the other's text is the answer, to the byte", () => {
  fc.assert(
    fc.property(tree, tree, spaces, spaces, (base, x, some, others) => {
      const [old, ours, spaced] = [written(base, some), written(x, some), written(base, others)];
      // White space alone is a change, too, where the other side has changed nothing at all.
      expect(merge(old, ours, spaced)).toEqual({ text: ours === old ? spaced : ours, conflicts: [] });
      const { text, conflicts } = merge(old, spaced, ours);
      expect([json(text), conflicts]).toEqual([x, []]);
    }),
    { numRuns: 500 },
  );
});

test("only the place that they have changed is written anew", () => {
  fc.assert(
    fc.property(tree, fc.nat(), spaces, spaces, (base, pick, some, others) => {
      const all = leaves(base);
      const chosen = all[pick % all.length];
      if (!chosen) return;
      chosen.within[chosen.name] = 777_777;
      const [old, ours] = [written(base, others), written({ ...base, mine: 1 }, some)];
      chosen.within[chosen.name] = 424_242;
      expect(merge(old, ours, written(base, others)).text).toBe(ours.replace("777777", "424242"));
    }),
    { numRuns: 500 },
  );
});

test("whatever is merged, the result is JSON, and the sides are equal", () => {
  const value = fc.constantFrom<Value>(1, 2, "x", null, [], [1], {});
  const entry = fc.record({ id: fc.constantFrom("p", "q", "r", "s"), timestamp: fc.constantFrom("1", "2"), v: value });
  const log = fc.uniqueArray(entry, { selector: ({ id }) => id, maxLength: 4 });
  const small = fc.dictionary(
    fc.constantFrom("a", "b"),
    fc.oneof(value, fc.dictionary(fc.constantFrom("a", "b"), value)),
  );
  const document = fc.oneof(fc.record({ log, small }), fc.record({ log }), small, value) as fc.Arbitrary<Value>;
  fc.assert(
    fc.property(document, document, document, spaces, (base, ours, theirs, space) => {
      const texts = [base, ours, theirs].map((each) => written(each, space)) as [string, string, string];
      const one = merge(texts[0], texts[1], texts[2]);
      const other = merge(texts[0], texts[2], texts[1]);
      const paths = (merged: typeof one) => merged.conflicts.map(({ path }) => path).sort();
      expect(paths(other)).toEqual(paths(one));
      const values = [json(one.text), json(other.text)];
      if (one.conflicts.length === 0) expect(values[1]).toEqual(values[0] as Value);
    }),
    { numRuns: 3000 },
  );
});
