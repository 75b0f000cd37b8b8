import { describe, expect, test } from "bun:test";
import { shellQuote } from "../../../src/core/shell-quote.ts";
import { codes, refusal, render } from "./placeholders.ts";

describe("a leading dash", () => {
  const option = ["A ${x}", 'A "${x}"', "A '${x}'", "A b ${x}/c", 'A ""${x}', "A $(B ${x})", "sudo -- A ${x}",
    "timeout 5 A ${x}", "for i in ${x}; do A; done", "A ${y}${x}", "find . -exec rm ${x} \\;", "kubectl exec p -- rm ${x}",
    "a=(${x})", "A | B ${x}"]; // biome-ignore format: a list
  test.each(option)("is refused at the start of a word: %s", (script) => {
    expect(refusal(script, "-rf")).toBe("E_LEADING_DASH");
  });

  const harmless = ["A -- ${x}", "A b -- c ${x}", "A --name=${x}", "A -n${x}", "A b${x}", "A=${x}", "A > ${x}",
    "case ${x} in *) A;; esac", "A -- $(A -- ${x})", "sudo -u a A -- ${x}", "A <<E\n${x}\nE"]; // biome-ignore format: a list
  test.each(harmless)("does no harm elsewhere: %s", (script) => {
    expect(refusal(script, "-rf")).toBe("none");
  });

  test("is fine for numbers and where the parameter allows it", () => {
    expect(refusal("A ${x}", -5)).toBe("none");
    expect(refusal("A ${x}", "-5", { number: true })).toBe("none");
    expect(refusal("A ${x}", "-v", { allowDash: true })).toBe("none");
    expect(refusal("A ${x}", "-5")).toBe("E_LEADING_DASH");
  });

  test("counts in the elements of a list, and behind an empty value", () => {
    expect(refusal("A ${x}", ["a", "-b"])).toBe("E_LEADING_DASH");
    expect(refusal("A -- ${x}", ["a", "-b"])).toBe("none");
    expect(() => render("A ${y}${x}", { x: "-a", y: "" })).toThrow("E_LEADING_DASH");
    expect(render("A ${y}${x}", { x: "-a", y: "b" }).shown).toBe("A b-a");
  });
});

test("an empty value never makes a word begin with a slash", () => {
  const dangerous = ["rm -rf ${x}/", 'rm -rf "${x}/a"', "rm -rf '${x}/'*", 'rm -rf "${x}"/b', "A > ${x}/b", "rm ${x}${y}/a",
    "for i in ${x}/*; do A; done", "cd $(A ${x}/b)"]; // biome-ignore format: a list
  expect(dangerous.filter((script) => refusal(script, "") !== "E_EMPTY")).toEqual([]);
  const fine = ["A ${x}", "A a${x}/b", "A --dir=${x}/b", "A /${x}/b", "A ${x}a/b"];
  expect(fine.filter((script) => refusal(script, "") !== "none")).toEqual([]);
});

describe("arithmetic", () => {
  const places = ["A $((${x}))", 'A "$((1+${x}))"', "((${x} > 1)) && A", "let ${x}", "let a=${x}", "declare -i a=${x}",
    "[ ${x} -eq 1 ]", 'test 1 -lt "${x}"', "[[ ${x} -ge 3 ]]", "test -v ${x}", "[ -v 'a[${x}]' ]", "a[${x}]=1", "a=([${x}]=1)",
    "A $((b[${x}]))", "for ((i=0;i<${x};i++)); do A; done", "exit ${x}", "return ${x}", "shift ${x}", "printf '%s %d' a ${x}",
    "RANDOM=${x}", "A <<E\n$((${x}))\nE", "A $(($(A ${x})))", "[ -${y} ${x} ]", "ulimit -n ${x}", "read -t ${x} a",
    "for SECONDS in ${x}; do A; done", "declare -i v; v=${x}", "typeset -i v; v+=${x}", "declare -i v; for v in ${x}; do A; done",
    "o=-eq; [ 1 $o ${x} ]", "[ 1 $o ${x} ]", "$t 1 -eq ${x}", "$none let ${x}"]; // biome-ignore format: a list
  const none = ["a[$(touch PWNED)]", "x", "1.5", "08", "+1", "0x1f", "", " 1", "1\n", "1234567890123456789", true];

  test.each(places)("takes nothing but whole numbers: %s", (script) => {
    expect(none.filter((value) => refusal(script, value) !== "E_ARITH")).toEqual([]);
    expect(["0", "7", 7, "123456789012345678"].filter((value) => refusal(script, value) !== "none")).toEqual([]);
    expect([codes(script), codes(script, { number: true })]).toEqual([[], []]);
  });

  test("takes negative numbers too", () => {
    expect(render("A $((1-${x}))", { x: "-3" })).toEqual({
      text: "__garza_1='-3'\nA $((1- ${__garza_1}))",
      shown: "A $((1- -3))",
    });
  });

  test("is not where a command only prints a number to compare", () => {
    expect(refusal('[ "$(A ${x})" -eq 1 ]', "text")).toBe("none");
  });
});

test("values that no shell takes are refused", () => {
  expect(refusal("A ${x}", "a\0b")).toBe("E_NUL");
  expect(refusal("A ${x}", "a\ud800")).toBe("E_UTF8");
  expect(refusal("A ${x}", "a".repeat(65_537))).toBe("E_TOO_LONG");
  expect(refusal("A ${x}", "é".repeat(32_769))).toBe("E_TOO_LONG");
  expect(refusal("A ${x}", "a".repeat(65_536))).toBe("none");
  expect(refusal("A ${x}", ["a", "b\0"])).toBe("E_NUL");
});

test("a list can't push a value to a place where the author put none", () => {
  expect(refusal("timeout ${x} A", ["5", "rm"])).toBe("E_COMMAND_POSITION");
  expect(refusal("timeout ${x} A ${x}", [])).toBe("none");
  expect(() => render("timeout ${x} A ${y}", { x: [], y: "rm" })).toThrow("E_COMMAND_POSITION");
  expect(refusal("ssh ${x}", ["host", "touch PWNED"])).toBe("E_REEVAL");
});

test("an empty list is refused where a value is", () => {
  expect(refusal("eval ${x}", [])).toBe("E_REEVAL");
  expect(refusal("sudo ${x} A", [])).toBe("E_COMMAND_POSITION");
});

test("one variable holds each distinct value, and nothing is rendered twice", () => {
  expect(render("A ${x} ${y} '${x}'", { x: "$&$1${y}", y: "b" }).text).toBe(
    "__garza_1='$&$1${y}'\n__garza_2='b'\nA \"${__garza_1}\" \"${__garza_2}\" ''\"${__garza_1}\"''",
  );
});

test("texts of all types: numbers, truth, nothing, mappings", () => {
  expect(render("A ${a} ${b} ${c} ${d} ${e}", { a: 1.5, b: true, c: null, d: { k: [1] }, e: [1, null] }).shown).toBe(
    "A 1.5 true '' '{\"k\":[1]}' 1 ''",
  );
});

describe("what is shown", () => {
  const rows: [string, string, string][] = [
    ["A ${x}", "plain-1.2/a", "A plain-1.2/a"],
    ["A ${x}", "it's", "A 'it'\\''s'"],
    ['A "a ${x}"', 'b "c" $d `e` \\', 'A "a b \\"c\\" \\$d \\`e\\` \\\\"'],
    ['A "a ${x}"', "wow!", 'A "a "\'wow!\'""'],
    ["A '${x}'", "it's", "A 'it'\\''s'"],
    ["A $HOME${x}", "b", "A $HOME'b'"],
    ['A "$HOME${x}"', "b", 'A "$HOME""b"'],
    ["A ${x}>f", "2", "A '2'>f"],
    ["A <<E\n${x}\nE", "a$b\\", "A <<E\na\\$b\\\\\nE"],
    ["A <<E\n${x}\nE", "a\nE\nb", "__garza_1='a\nE\nb'\nA <<E\n${__garza_1}\nE"],
    ["A # ${x}", "b", "A # ${x}"],
  ];
  test.each(rows)("%j with %j", (script, value, shown) => {
    expect(render(script, { x: value }).shown).toBe(shown);
  });
});

test("a shell variable made from a value and used as code is a warning", () => {
  const warned = ["v=${x}; A $((v+1))", 'v=${x}; A "$(($v + 1))"', "v=${x}; eval $v", 'export v=${x}; sh -c "A $v"', "v=${x}; $v a",
    "v=${x}; export $v", '[ "$v" -gt 1 ]; v=${x}', "for v in ${x}; do $v; done", "v=a${x}b; ssh h $v", 'export "v=${x}"; ((v))']; // biome-ignore format: a list
  expect(warned.filter((script) => codes(script).join() !== "E_TAINT")).toEqual([]);
  const fine = ['v=${x}; A "$v"', "v=${x}; sh -c 'A \"$v\"'", "v=a; A $((v)) ${x}", "v=$(A ${x}); A $((v))"];
  expect(fine.flatMap((script) => codes(script))).toEqual([]);
  expect(codes("v=${x}; A $((v))", { number: true })).toEqual([]);
  expect(refusal("v=${x}; eval $v", "a")).toBe("none");
});

test("shellQuote makes one word of anything", () => {
  expect(["a", "", "a b", "it's", "A=b", "~", "-x", "a\nb", "*"].map(shellQuote)).toEqual([
    "a", "''", "'a b'", "'it'\\''s'", "'A=b'", "'~'", "-x", "'a\nb'", "'*'"]); // biome-ignore format: a list
});
