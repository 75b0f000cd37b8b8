import { describe, expect, test } from "bun:test";
import type { Value } from "../../src/core/value.ts";
import { looseEquals, truthy } from "../../src/template/evaluate.ts";
import { builtIns } from "../../src/template/surroundings.ts";
import { names, refusal, scopeWith, value } from "./scope-for-tests.ts";

describe("operators", () => {
  const cases: [string, Value | undefined][] = [
    ["name == 'web'", true],
    ["three == '3'", true],
    ["three == number_text", true],
    ["'3' == '3.0'", false],
    ["three != '3'", false],
    ["flag == 'true'", false],
    ["flag == true", true],
    ["zero == false", false],
    ["zero == empty", false],
    ["off == empty", false],
    ["none == empty", false],
    ["unset == nothing", true],
    ["empty == nothing", true],
    ["empty == ''", true],
    ["unset == null", true],
    ["unset != 'x'", true],
    ["[1, 2] == [1, 2]", true],
    ["[1, 2] == [2, 1]", false],
    ["state.nested == state.nested", true],
    ["'9007199254740992' == 9007199254740991", false],
    ["2 < 10", true],
    ["'2' < '10'", true],
    ["'2024-01-09' < '2024-01-10'", true],
    ["'b' > 'a'", true],
    ["3 >= 3", true],
    ["unset < 3", false],
    ["unset >= 3", false],
    ["'b' in list", true],
    ["'10' in list", true],
    ["'c' in list", false],
    ["'e' in name", true],
    ["'status' in state", true],
    ["'toString' in state", false],
    ["'a' in unset", false],
    ["name in ['web', 'api']", true],
    ["1 + 2", 3],
    ["'1' + 2", 3],
    ["'1' + '2'", "12"],
    ["'a' + 1", "a1"],
    ["name + '-' + flag", "web-true"],
    ["[1] + [2]", [1, 2]],
    ["unset + 'a'", "a"],
    ["'7' - '2'", 5],
    ["2 * '3'", 6],
    ["7 / 2", 3.5],
    ["-7 % 4", -3],
    ["-number_text", -3],
    ["flag ? 'a' : 'b'", "a"],
    ["unset ? 'a' : 'b'", "b"],
    ["unset || 'failed'", "failed"],
    ["empty || zero || none || 'x'", "x"],
    ["name || 'x'", "web"],
    ["empty || off", false],
    ["unset || unset2", undefined],
    ["name && flag", true],
    ["name && 'x'", "x"],
    ["unset && 'x'", false],
    ["NOT unset", true],
    ["!none", true],
    ["!'false'", false],
    ["!state", false],
    ["'${name}' == 'web'", true],
    ["'${three}' == 3", true],
    ["'${hostile}' == ''", false],
    ["'${hostile}'", "' == '' OR 'x' == 'x"],
    ["${hostile} == 'y' OR false", false],
    ["'${unset}' == ''", true],
    ["'a${list}b'", "ab, a, 10, 9b"],
  ];
  for (const [text, expected] of cases) {
    test(`${text} is ${JSON.stringify(expected)}`, () => expect(value(text)).toEqual(expected as Value));
  }

  test("what has no meaning is refused, naming kinds and never values", () => {
    expect(refusal("name * 2")).toBe("E_TYPE in name * 2: needs a number, not text");
    expect(refusal("1 - unset")).toBe("E_TYPE in 1 - unset: needs a number, not empty");
    expect(refusal("1 / zero")).toBe("E_TYPE in 1 / zero: has no number as its result");
    expect(refusal("name < 3")).toBe("E_TYPE in name < 3: can't compare text with a number");
    expect(refusal("list < 3")).toBe("E_TYPE in list < 3: can't compare a list with a number");
    expect(refusal("state + 1")).toBe("E_TYPE in state + 1: can't add a mapping and a number");
    expect(refusal("1 in 2")).toBe("E_TYPE in 1 in 2: can't look into a number");
    expect(refusal("-list")).toBe("E_TYPE in -list: needs a number, not a list");
  });

  test("the right side is not looked at when the left decides", () => {
    expect(value("name || name * 2")).toBe("web");
    expect(value("off && name * 2")).toBe(false);
    expect(value("flag ? 1 : name * 2")).toBe(1);
  });
});

describe("truth and equality", () => {
  test("false are empty, false, 0 and [], nothing else", () => {
    expect([undefined, null, "", false, 0, []].map(truthy)).toEqual(Array(6).fill(false));
    expect([true, 1, -1, "0", "false", " ", [0], {}].map(truthy)).toEqual(Array(8).fill(true));
  });

  test("mappings are equal by their keys and values, whatever their order and prototype", () => {
    expect(looseEquals({ a: 1, b: [2] }, Object.assign(Object.create(null), { b: [2], a: 1 }))).toBe(true);
    expect(looseEquals({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(looseEquals({ toString: 1 }, { b: 1 })).toBe(false);
    expect(looseEquals({}, [])).toBe(false);
  });
});

describe("names", () => {
  const scope = scopeWith(
    names,
    builtIns({
      startedAt: Date.UTC(2024, 0, 2, 3, 4, 5, 6),
      operation: { id: "op_1", name: "deploy" },
      hostName: "mini",
    }),
  );
  scope.setStep("health-check", { status: "success", exit_code: 0, json: { a: 1 } });
  scope.setLoopVariable("service", "web");
  scope.setLoopVariable("other", "unregistered");

  const cases: [string, Value | undefined][] = [
    ["service-name", "api"],
    ["state.status", "ok"],
    ["state['a.b']", 1],
    ["state.nested.deep[0].x", 1],
    ["state.length", "own"],
    ["list[1]", "a"],
    ["list['1']", "a"],
    ["list[-1]", undefined],
    ["list[99]", undefined],
    ["list.length", 4],
    ["list.length - 1", 3],
    ["none.length", 0],
    ["name.length", 3],
    ["'a😀'.length", 2],
    ["unset.a.b", undefined],
    ["nothing.a", undefined],
    ["empty.length", undefined],
    ["three.a", undefined],
    ["state.constructor", undefined],
    ["state.__proto__", undefined],
    ["state['toString']", undefined],
    ["list.map", undefined],
    ["name.at", undefined],
    ["constructor", undefined],
    ["__proto__", undefined],
    ["hasOwnProperty", undefined],
    ["current_date", "2024-01-02"],
    ["current_time", "03:04:05"],
    ["current_timestamp", "2024-01-02T03:04:05.006Z"],
    ["operation.id", "op_1"],
    ["operation.name", "deploy"],
    ["host.name", "mini"],
    ["env.HOME", "/home/op"],
    ["env['HOME']", "/home/op"],
    ["env.NONE", undefined],
    ["env.constructor", undefined],
    ["secret.TOKEN", "s3cret!"],
    ["steps.health-check.exit_code", 0],
    ["steps['health-check'].json.a", 1],
    ["steps.none.value", undefined],
    ["lock['deploy/web'].token", 41],
    ["lock.other.token", undefined],
    ["service", "web"],
    ["service.host", "fly-1"],
    ["service['health_check'].url", "http://web/health"],
    ["service.none", undefined],
    ["other.host", undefined],
    ["name.host", undefined],
  ];
  for (const [text, expected] of cases) {
    test(`${text} is ${JSON.stringify(expected)}`, () => expect(value(text, scope)).toEqual(expected as Value));
  }

  test("env, secret, steps and lock are never a value as a whole", () => {
    for (const place of ["env", "secret", "steps", "lock"]) {
      expect(refusal(`json(${place})`)).toBe(`E_TYPE in ${place}: is never a value as a whole\n  Write ${place}.NAME.`);
    }
  });

  test("what the template sets hides a built-in of its name; the functions still work", () => {
    const hiding = scopeWith(
      { env: "production", secret: { TOKEN: "mine" }, steps: ["a"], host: "h" },
      { host: { name: "x" } },
    );
    expect(value("env", hiding)).toBe("production");
    expect(value("env.HOME", hiding)).toBeUndefined();
    expect(value("secret.TOKEN", hiding)).toBe("mine");
    expect(value("steps[0]", hiding)).toBe("a");
    expect(value("host.name", hiding)).toBeUndefined();
    expect(value("env('HOME') + secret('TOKEN')", hiding)).toBe("/home/ops3cret!");
  });

  test("an inner scope sees the outer names, and the registry behind an outer loop variable", () => {
    const inner = scope.nest();
    expect(value("service.host + name", inner)).toBe("fly-1web");
    inner.set("service", "web");
    expect(value("service.host", inner)).toBeUndefined();
    expect(value("service.host", scope)).toBe("fly-1");
  });
});
