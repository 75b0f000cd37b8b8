/** `garza state merge`: one JSON mapping, merged into a state file. */
import { expect, test } from "bun:test";
import { compiledProgram, sandbox } from "../../support/sandbox.ts";

const file = "infra/state/deployments.json";
const text = '{"apps": {"web": {"status": "up", "port": 8080.0}, "db": {}},\n  "id": 12345678901234567890\n}\n';
const box = (git = true) => sandbox({ files: { [file]: text }, git });

test("sets what is named, deletes what is null, and leaves the rest as it is written", async () => {
  await using b = await box();
  const patch = { apps: { web: { status: null, tags: ["a"] }, db: {}, "a.b": {} }, new: 1 };
  const { stdout: out, exitCode: exit } = await b.garza("state", "merge", "deployments", JSON.stringify(patch));
  expect({ out: out.split("\n").map((line) => line.replaceAll(/ {2,}/g, " ")), exit }).toEqual({
    out: [
      '.apps.web.status "up" -> nothing',
      '.apps.web.tags nothing -> ["a"]',
      '.apps["a.b"] nothing -> {}',
      ".new nothing -> 1",
      "",
    ],
    exit: 0,
  });
  expect(await b.read(file)).toContain("12345678901234567890");
  expect(await b.json(file)).toMatchObject({ apps: { web: { port: 8080, tags: ["a"] }, db: {}, "a.b": {} }, new: 1 });
  const again = await b.garza("state", "merge", "deployments", '{"apps": {"db": {}}}');
  expect(again).toMatchObject({ stdout: "", stderr: "it changes nothing\n", exitCode: 0 });
});

test("reads what a program prints, and makes the file", async () => {
  await using b = await box(false);
  const piped = await b.run("sh", "-c", 'echo \'{"a": {"b": 1}}\' | "$0" state merge new.json', compiledProgram());
  expect(piped).toMatchObject({ exitCode: 0, stderr: "made infra/state/new.json\n" });
});

test("what can't be done changes nothing", async () => {
  await using b = await box();
  const refusals: [patch: string, says: string][] = [
    ["[1]", "only a mapping can be merged"],
    ["{", "the value is no JSON: line 1, column 2:"],
    ['{"a": 1, "a": 2}', "the value is no JSON"],
    ['{"new": 1, "id": {"x": 1}}', ".id is no mapping"],
    ['{"__proto__": {"x": 1}}', "the value is no JSON"],
  ];
  for (const [patch, says] of refusals) {
    const ended = await b.garza("state", "merge", "deployments", patch);
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(says) });
  }
  expect(await b.read(file)).toBe(text);
});
