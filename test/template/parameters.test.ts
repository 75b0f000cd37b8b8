import { describe, expect, test } from "bun:test";
import { GarzaError } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { bindParameters, type Given, neededParameters, usageLine } from "../../src/template/parameters.ts";
import { faultsOf, read, withHead } from "./reading.ts";

const template = (parameters: string, steps = "  - {type: delay, name: a, seconds: 1}\n") =>
  read(withHead(`parameters: {${parameters}}\nsteps:\n${steps}`)).template;

const typed = (given: Record<string, string>): Record<string, Given> =>
  Object.fromEntries(Object.entries(given).map(([name, text]) => [name, { text }]));

const bound = (parameters: string, given: Record<string, Given>) => ({
  ...bindParameters(template(parameters), given),
});

/** Everything that is wrong, and the usage. */
function refusal(of: ReturnType<typeof template>, given: Record<string, Given>): string[] {
  try {
    bindParameters(of, given);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "parameters") throw thrown;
    return [...thrown.problem.faults, thrown.problem.usage];
  }
  throw new Error("the parameters were accepted");
}

describe("the short form", () => {
  test("takes the type from the default; nothing means that there is none", () => {
    const { parameters } = template('t: text, b: true, n: 3, l: [a], e: "", z:');
    expect(parameters.map(({ name, type, default: value, untyped }) => [name, type, value, untyped])).toEqual([
      ["t", "string", "text", undefined],
      ["b", "boolean", true, undefined],
      ["n", "number", 3, undefined],
      ["l", "list", ["a"], undefined],
      ["e", "string", undefined, true],
      ["z", "string", undefined, true],
    ]);
  });
});

describe("the long form", () => {
  test("takes the type that is written, or that its other keys imply", () => {
    const { parameters } = template(
      "a: {type: secret}, b: {enum: [1, 2]}, c: {min: 1}, d: {default: [x]}, e: {description: 3}",
    );
    expect(parameters.map(({ name, type, untyped }) => [name, type, untyped])).toEqual([
      ["a", "secret", undefined],
      ["b", "number", undefined],
      ["c", "number", undefined],
      ["d", "list", undefined],
      ["e", "string", true],
    ]);
  });

  test("a default is held against the other keys", () => {
    const faults = faultsOf(
      withHead(`parameters:
  a: {type: number, default: many}
  b: {enum: [x, y], default: z}
  c: {pattern: '(?=x)'}
  d: {min: 2, max: 1}
  e: {tpye: string}
  f: {type: number, default: "5"}
  1x: 3
  true: 4
steps: [{type: delay, name: s, seconds: 1}]
`),
    );
    expect(faults.filter((fault) => fault.includes("error"))).toEqual([
      '3:30 error wrong-value: `default` must be a number, not "many"',
      '4:30 error wrong-value: `default` must be one of x, y, not "z"',
      "5:16 error pattern: `pattern`: not a regular expression that RE2 accepts (it has no look-around and no back-references)",
      "6:12 error wrong-value: `min` is greater than `max`",
      "7:7 error unknown-key: unknown key `tpye`. Did you mean type?",
      "9:3 error parameter-name: `1x` can't be the name of a parameter (Names are letters, digits and _, with single dashes inside.)",
      "10:3 error parameter-name: `true` can't be the name of a parameter (Names are letters, digits and _, with single dashes inside.)",
    ]);
  });
});

test("what a parameter is does not depend on values", () => {
  expect(
    faultsOf(
      withHead("parameters: {p: {required: '${q}', pattern: '${q}'}}\nsteps: [{type: delay, name: s, seconds: 1}]\n"),
    ),
  ).toEqual([
    "2:28 error wrong-type: `required` of a parameter can't hold ${…}",
    "2:45 error wrong-type: `pattern` of a parameter can't hold ${…}",
  ]);
});

describe("values that are given", () => {
  const cases: [string, string, Value][] = [
    ["p: text", "3", "3"],
    ["p: text", "", ""],
    ["p: 1", "3", 3],
    ["p: 1", " -2.5e3 ", -2500],
    ["p: true", "false", false],
    ["p: []", "[a, 1, true, 'b, c']", ["a", 1, true, "b, c"]],
    ["p: []", "a, 1 ,b c", ["a", "1", "b c"]],
    ["p: []", "", []],
    ["p: []", '["a", {"b": 1}]', ["a", { b: 1 }]],
    ["p: ''", "[a]", "[a]"],
    ["p: {type: secret}", "s", "s"],
    ["p: {enum: [1, 2]}", "2", 2],
    ["p: {pattern: '^[a-z]+$'}", "abc", "abc"],
  ];
  test.each(cases)("%s given as %p is %p", (parameters, text, value) => {
    expect(bound(parameters, { p: { text } })).toEqual({ p: value });
  });

  test("as JSON keep their type; text is converted as if it were typed", () => {
    expect(bound("p: ''", { p: { json: { a: [1, null] } } })).toEqual({ p: { a: [1, null] } });
    expect(bound("p: 1", { p: { json: "4" } })).toEqual({ p: 4 });
    expect(bound("p: text", { p: { json: 4 } })).toEqual({ p: "4" });
    expect(bound("p: []", { p: { json: [1] } })).toEqual({ p: [1] });
    expect(bound("p: x", { p: { json: null } })).toEqual({ p: "x" });
  });

  test("keep out of every prototype", () => {
    const value = bindParameters(template("p: ''"), { p: { json: JSON.parse('{"__proto__": {"polluted": true}}') } });
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.getPrototypeOf(value.p)).toBeNull();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(refusal(template("p: 1"), { constructor: { text: "x" } })[0]).toBe("there is no parameter constructor.");
  });

  test("that are wrong, unknown or missing are told all together, with the usage", () => {
    const of = template(
      "app_name: {required: true, description: what to deploy}, n: 1, b: false, l: [a, b], c: {enum: [x, y]}, s: {type: secret, pattern: '^k'}, m: {type: string, min: 3}, o: ''",
    );
    const given = { appname: "x", n: "many", b: "yes", l: "[a", c: "z", s: "hunter2", m: "ab" };
    expect(refusal(of, typed(given))).toEqual([
      "there is no parameter appname. Did you mean app_name?",
      "needs parameter app_name (what to deploy)",
      'n must be a number, not "many"',
      'b must be true or false, not "yes"',
      'l must be a list, not "[a"',
      'c must be one of x, y, not "z"',
      "s must match ^k, unlike what was given",
      "m must be at least 3 characters, not 2",
      "garza run t app_name=… [n=1] [b=false] [l='[a, b]'] [c=…] [s=…] [m=…] [o=…]",
    ]);
  });

  test("only names with a value are in the result", () => {
    expect(bound("a: x, b: '', c: {required: false}, d: {required: true}", typed({ d: "1" }))).toEqual({
      a: "x",
      d: "1",
    });
  });

  test("a default may refer to the parameters above it", () => {
    expect(bound("app: web, dir: './${app}', list: '${[app, dir]}'", typed({ app: "api" }))).toEqual({
      app: "api",
      dir: "./api",
      list: ["api", "./api"],
    });
  });

  test("a default may not refer to itself, nor to what comes after it", () => {
    const use = "steps: [{type: command, name: a, command: 'echo ${x} ${y} ${z}'}]\n";
    const text = withHead(`parameters: {x: "\${x}", y: "\${z}-", z: "\${x}"}\n${use}`);
    expect(faultsOf(text)).toEqual([
      "2:20 error unknown-name: the default of `x` refers to itself",
      "2:31 error unknown-name: the default of `y` refers to `z`, which comes after it (Write z above y.)",
    ]);
  });
});

describe("what the parameters alone decide", () => {
  const of = template(
    'platform: "", host: "", other: ""',
    `  - {type: conditional, name: choose, condition: "platform == 'ssh'", steps: [{type: command, name: ssh, command: 'echo \${host}'}], else: [{type: command, name: local, command: 'echo \${other}', when: "platform != ''"}]}
`,
  );

  test("is said before anything runs", () => {
    expect(refusal(of, typed({ platform: "ssh" }))).toEqual([
      "needs parameter host: step ssh uses it",
      "garza run t [platform=…] [host=…] [other=…]",
    ]);
    expect(refusal(of, typed({ platform: "docker" }))[0]).toBe("needs parameter other: step local uses it");
  });

  test("is satisfied by what is given, and asks for nothing on the way that is not taken", () => {
    expect({ ...bindParameters(of, typed({ platform: "ssh", host: "h" })) }).toEqual({ platform: "ssh", host: "h" });
    expect({ ...bindParameters(of, {}) }).toEqual({});
  });

  test("does not go beyond what they decide", () => {
    const undecided = template(
      'a: "", b: ""',
      `  - {type: command, name: c, command: "true", output: a}
  - {type: command, name: d, command: 'echo \${b}', when: "a == ''"}
  - {type: command, name: e, command: 'echo \${b}', when: "env.X == 'y'"}
`,
    );
    expect({ ...bindParameters(undecided, {}) }).toEqual({});
  });
});

test("the usage names every parameter, and those that must be given are known", () => {
  const of = template('a: {required: true}, b: {type: secret, default: s3cret}, c: "it\'s"');
  expect(usageLine(of)).toBe("garza run t a=… [b=•••] [c='it'\\''s']");
  expect(neededParameters(of)).toEqual(["a"]);
});
