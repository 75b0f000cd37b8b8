import { describe, expect, test } from "bun:test";
import { problem } from "../../src/core/problem.ts";
import { faultsOf, withHead } from "./reading.ts";

const calls = (name: string, rest = "") =>
  withHead(`steps: [{type: load_operation, name: l, template: ${name}${rest}}]\n`);

const child = withHead(`parameters: {host: "", count: 1}
steps: [{type: command, name: a, command: 'echo \${host} \${count}'}]
`);

function faults(text: string, others: Record<string, string>): string[] {
  return faultsOf(text, {
    loadChild(name) {
      const found = others[name];
      if (found === undefined) throw problem({ kind: "template-unknown", name, nearest: Object.keys(others) });
      return { name, file: `${name}.yml`, text: found };
    },
  });
}

describe("load_operation with a fixed name", () => {
  test("is validated with its parameters", () => {
    const parameters = ", parameters: {hots: a, count: many}";
    expect(faults(calls("c", parameters), { c: child })).toEqual([
      "2:54 error missing-parameter: c needs `host`",
      "2:67 error unknown-parameter: c has no parameter `hots`. Did you mean host?",
      '2:83 error wrong-value: `count` must be a number, not "many"',
    ]);
    expect(faults(calls("c", ", parameters: {host: '${env.H}', count: '${env.N}'}"), { c: child })).toEqual([]);
    expect(faults(calls("c"), { c: child })).toEqual(["2:51 error missing-parameter: c needs `host`"]);
  });

  test("which there is none of, or which is not valid, is an error of its parent", () => {
    expect(faults(calls("d"), { c: child })).toEqual([
      "2:51 error child: there is no template d. Nearest: c. List them: garza template list",
    ]);
    expect(faults(calls("d"), { d: "steps: [\n" })[0]).toStartWith("2:51 error child: d is not valid: d.yml:2:1: ");
  });

  test("in a circle is told as the chain", () => {
    expect(faults(calls("t"), { t: calls("t") })).toEqual(["2:51 error child: it would load itself: t → t"]);
    expect(faults(calls("b"), { b: calls("c"), c: calls("b") })).toEqual([
      "2:51 error child: it would load itself: t → b → c → b",
    ]);
  });

  test("may go eight deep", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    const chain = Object.fromEntries(names.map((name, i) => [name, calls(names[i + 1] ?? "end")]));
    const end = withHead("steps: [{type: delay, name: a, seconds: 1}]\n");
    expect(faults(calls("b"), { ...chain, end })).toEqual([
      "2:51 error child: loaded more than 8 deep: t → b → c → d → e → f → g → h → i → end",
    ]);
    expect(faults(calls("c"), { ...chain, end })).toEqual([]);
  });

  test("many templates that load many are each read once", () => {
    const reads: string[] = [];
    const wide = (next: string) =>
      withHead(
        `steps:\n${["1", "2", "3"].map((n) => `  - {type: load_operation, name: s${n}, template: ${next}${n}}\n`).join("")}`,
      );
    const texts: Record<string, string> = { end1: "", end2: "", end3: "" };
    for (const name of Object.keys(texts)) texts[name] = withHead("steps: [{type: delay, name: a, seconds: 1}]\n");
    for (const [at, next] of [
      ["a", "b"],
      ["b", "c"],
      ["c", "end"],
    ])
      for (const n of [1, 2, 3]) texts[`${at}${n}`] = wide(next ?? "");
    expect(
      faultsOf(wide("a"), {
        loadChild(name) {
          reads.push(name);
          return { name, file: name, text: texts[name] ?? "" };
        },
      }),
    ).toEqual([]);
    expect(reads.length).toBe(12);
  });

  test("is not followed where the name comes from a value", () => {
    expect(faults(calls("'${env.T}'"), {})).toEqual([]);
  });
});
