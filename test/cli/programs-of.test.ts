import { expect, test } from "bun:test";
import { firstWords } from "../../src/cli/programs-of.ts";

test("the first word of each simple command is a program; builtins, quotes and variables are not", () => {
  expect(firstWords("flyctl deploy --app web && curl -fsS http://x | jq .a; echo done")).toEqual([
    "flyctl",
    "curl",
    "jq",
  ]);
  expect(firstWords("A=1 B=2 make all\ncd /tmp && ./build.sh # not this")).toEqual(["make", "./build.sh"]);
  expect(firstWords("if grep -q x file; then systemctl restart web; fi")).toEqual(["grep", "systemctl"]);
  expect(firstWords('"$HOME/bin/x" y; ${command}; $tool z')).toEqual([]);
  expect(firstWords("echo 'rm && mkfs' \"a; b\"")).toEqual([]);
  expect(firstWords("docker run \\\n  --rm image")).toEqual(["docker"]);
  expect(firstWords("cat <<EOF | tee file\nnot a program\nEOF\nsync")).toEqual(["cat", "tee", "sync"]);
});
