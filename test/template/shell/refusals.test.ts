import { expect, test } from "bun:test";
import { GarzaError } from "../../../src/core/problem.ts";
import { checkShell } from "../../../src/template/shell/check.ts";
import { linesOf } from "./corpus.ts";
import { codes, plainTraits, refusal, render } from "./placeholders.ts";

const refused = new Map<string, string[]>();
for (const line of linesOf("refused.txt")) {
  const [, code] = /^== (\w+)$/.exec(line) ?? [];
  if (code) refused.set(code, []);
  else [...refused.values()].at(-1)?.push(line);
}

for (const [code, scripts] of refused) {
  test(`${code}: each of its ${scripts.length} scripts is refused, by the check and when it is rendered`, () => {
    const missed = scripts.filter((script) => !codes(script).includes(code) || refusal(script, "a") === "none");
    expect(missed).toEqual([]);
  });
}

test("everyday commands of operators are accepted without a word", () => {
  const scripts = linesOf("accepted.txt");
  const faults = scripts.flatMap((script) => codes(script).map((code) => `${code}: ${script}`));
  expect(faults).toEqual([]);
  expect(scripts.map((script) => refusal(script, "value")).filter((code) => code !== "none")).toEqual([]);
  expect(scripts.length).toBeGreaterThan(150);
});

test("a script without placeholders is not lexed, one with raw() alone neither", () => {
  for (const script of ["A `date` $'x' (", "A $${HOME} `a`", "A ${raw(x)} `a` 'b"]) expect(codes(script)).toEqual([]);
  expect(render("A `date` $${HOME}", {})).toEqual({ text: "A `date` ${HOME}", shown: "A `date` ${HOME}" });
  expect(render("A ${raw(x)} 'b", { x: "`a`" }).text).toBe("A `a` 'b");
});

test("raw() is shell text: what stands around it is read with it", () => {
  expect(render("A ${raw(x)} ${y}", { x: "-v | cat;", y: "b" }, { enum: true }).text).toBe(
    "__garza_1='b'\nA -v | cat; \"${__garza_1}\"",
  );
  expect(refusal("A ${raw(x)} ${y}", "b;")).toBe("E_COMMAND_POSITION");
  expect(refusal("A ${raw(x)} '${y}'", "'")).toBe("E_UNTERMINATED_QUOTE");
  expect(codes("${raw(x)} ${y}")).toEqual([]);
});

test("a command that is one placeholder is the value itself", () => {
  const script = "echo `date`\nexit 3";
  expect(render("${x}", { x: script })).toEqual({ text: script, shown: script });
  expect(render("${x}\n", { x: script })).toEqual({ text: script, shown: script });
  expect(refusal("${x}", "a\0")).toBe("E_NUL");
  expect(codes("${x}")).toEqual([]);
});

test("a name that nothing declares, or that is not set, is told by its name", () => {
  expect(codes("rm -rf ${typo}/", { declared: false })).toEqual(["E_UNKNOWN_PARAM"]);
  expect(codes("${typo}", { declared: false })).toEqual(["E_UNKNOWN_PARAM"]);
  expect(codes("A # ${typo}", { declared: false })).toEqual([]);
  expect(() => render("rm -rf ${host}/", {})).toThrow("E_UNSET in step deploy: needs host\n");
  expect(render("A # ${host}", {}).text).toBe("A # ${host}");
});

test("a parameter with an enum may name a command or a pattern, but no variable", () => {
  const enumerated = ["${x} a", "sudo ${x} a", "./${x}", "case a in ${x}) A;; esac", "$(${x})"];
  expect(enumerated.flatMap((script) => codes(script, { enum: true }))).toEqual([]);
  expect(codes("export ${x}", { enum: true })).toEqual(["E_NAME_POSITION"]);
  expect(codes("eval ${x}", { enum: true })).toEqual(["E_REEVAL"]);
});

test("a fault points at its placeholder, names it and says what to write", () => {
  const [fault] = checkShell('A $${HOME}; eval "A ${x}"', () => plainTraits);
  expect(fault).toEqual({
    code: "E_REEVAL",
    severity: "error",
    message: "${x} stands in text that eval runs",
    hint: "Hand it over as an argument: sh -c 'command \"$1\"' _ ${x}, or use env:.",
    offset: 20,
  });
});

test("a refusal names the step, the place and the spelling that works", () => {
  const thrown = (() => {
    try {
      return render("rm ${file}", { file: "-rf" });
    } catch (error) {
      return error;
    }
  })();
  expect(thrown).toBeInstanceOf(GarzaError);
  expect(String(thrown)).toBe(
    "GarzaError: E_LEADING_DASH in step deploy: the value of ${file} begins with -, so it would be an option\n" +
      "  Write -- ${file}, or give the parameter allow_dash: true.",
  );
});
