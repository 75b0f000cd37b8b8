import { afterAll, beforeAll, expect, test } from "bun:test";
import { render } from "./placeholders.ts";
import { type Bench, openBench, shells } from "./shells.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const hostile = "'\"$(touch PWNED)`touch PWNED`\\n $HOME *;\ntouch PWNED\nEOF\n\ttouch PWNED #é!";

/** Scripts, and what A must be given; X stands for the value. */
const places: [about: string, script: string, calls: string[][]][] = [
  ["under set -u and set -e", "set -eu; A ${x}", [["X"]]],
  ["in a function", 'f() { A "$1" ${x}; }; f a', [["a", "X"]]],
  ["in a subshell", "(A ${x}; A '${x}')", [["X"], ["X"]]],
  ["in a group whose output goes on", "{ A ${x}; } 2>/dev/null | cat; A z", [["X"], ["z"]]],
  ["with another IFS", 'IFS=_g1a; A ${x} "${x}"', [["X", "X"]]],
  ["with an empty IFS", "IFS=; A ${x}", [["X"]]],
  ["three substitutions deep", 'A "$(A ECHO "$(A ECHO "$(A ECHO "<${x}>")")")"', [
    ["ECHO", "<X>"], ["ECHO", "<X>"], ["ECHO", "<X>"], ["<X>"]]], // biome-ignore format: short
  ["unquoted in a quoted substitution", 'A "<$(A ECHO ${x} b)>"', [["ECHO", "X", "b"], ["<X b>"]]],
  ["in a here-document", "A STDIN <<EOF\n<${x}>\\$\\\\'\"\nEOF\nA z", [["STDIN", "<X>$\\'\"\n"], ["z"]]],
  ["in a here-document with tabs", "A STDIN <<-EOF\n\t<${x}>\n\tEOF\nA z", [["STDIN", "<X>\n"], ["z"]]],
  ["in two here-documents", "cat <<A1 <<B1 >/dev/null; A ${x}\n${x}\nA1\n${x}\nB1\nA z", [["X"], ["z"]]],
  ["in a here-document in a substitution", 'A "$(cat <<EOF\nit\'s ) ${x}\nEOF\n)"', [["it's ) X"]]],
  ["beside a quoted here-document", "A STDIN <<'EOF'\n$v \\n '\nEOF\nA ${x}", [["STDIN", "$v \\n '\n"], ["X"]]],
  ["behind a comment with quotes", "# don't \" ${x} `\nA ${x} # it's", [["X"]]],
  ["as part of words of all sorts", "A a${x}b \"a${x}b\" 'a${x}b' a\\ ${x} \\\\${x}", [
    ["aXb", "aXb", "aXb", "a X", "\\X"]]], // biome-ignore format: short
  ["where files and homes are looked for", "A *${x}* ~${x} [${x}] =${x}", [["*X*", "~X", "[X]", "=X"]]],
  ["in variables", 'v=${x} w=a${x}; export u=${x}; A "$v" "$w" "$u"; v=b A c', [["X", "aX", "X"], ["c"]]],
  ["in loops", 'for i in a ${x}; do A "$i"; done; while A ${x}; do break; done', [["a"], ["X"], ["X"]]],
  ["in a case", "case ${x} in a) A a;; (b|c) A b;; *) A ${x};; esac", [["X"]]],
  ["in a test", "[ ${x} = ${x} ] && A y; [ -n ${x} ] && A z", [["y"], ["z"]]],
  ["behind a pipe and an &&", "A ${x} | cat\nA ${x} &&\nA b", [["X"], ["X"], ["b"]]],
  ["over lines that go on", "A ${x} \\\n  b\\\n${x}", [["X", "bX"]]],
  ["behind a shell's own ${", "A $${HOME:-a} \"$${HOME%h}\" ${x}", [["/h", "/", "X"]]],
  ["behind sudo's relatives", "env V=${x} timeout 5 sh -c 'A \"$V\" \"$1\"' _ ${x}", [["X", "X"]]],
]; // biome-ignore format: a table

for (const [name, shell] of Object.entries(shells)) {
  for (const [about, script, expected] of places) {
    test(`${name}: a value arrives as it is ${about}`, async () => {
      const { calls, files } = await bench.run(shell, render(script, { x: hostile }).text);
      const filled = expected.map((call) => call.map((word) => word.split("X").join(hostile)));
      expect({ calls, made: files.includes("PWNED") }).toEqual({ calls: filled, made: false });
    });
  }
}

test("a value that is pasted in does run what it holds: the bench would see it", async () => {
  const { files } = await bench.run(["dash"], "A ${x}".split("${x}").join("; touch PWNED"));
  expect(files).toEqual(["PWNED"]);
});

for (const [name, shell] of Object.entries(shells)) {
  test(`${name}: a list becomes one word for each element, and none when it is empty`, async () => {
    const list = ["a b", "", hostile, "*"];
    const script = 'A ${x} z; A "${x}"; A a${x}; for i in ${x}; do A "$i"; done; A ${y} end';
    const { text } = render(script, { x: list, y: [] });
    const joined = list.join(", ");
    const { calls } = await bench.run(shell, text);
    expect(calls).toEqual([[...list, "z"], [joined], [`a${joined}`], ...list.map((each) => [each]), ["end"]]);
  });

  test(`${name}: whole numbers are calculated with, negative ones too`, async () => {
    const { text } = render('A $((${x} + 1)) "$((5-${x}))" $((2*(${x})))', { x: "-3" });
    expect((await bench.run(shell, text)).calls).toEqual([["-2", "8", "-6"]]);
  });

  test(`${name}: children do not inherit the values`, async () => {
    const { text } = render("A ${x}; env | grep __garza | A STDIN", { x: "a" });
    expect((await bench.run(shell, text)).calls).toEqual([["a"], ["STDIN", ""]]);
  });
}
