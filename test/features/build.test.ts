import { expect, test } from "bun:test";
import { join } from "node:path";
import { compile, compileGarza } from "../../build.ts";
import manifest from "../../package.json";
import { compiledProgram, sandbox } from "../support/sandbox.ts";

const digest = async (file: string) =>
  new Bun.CryptoHasher("sha256").update(await Bun.file(file).arrayBuffer()).digest("hex");

test("the same sources give the same bytes, wherever they are written to", async () => {
  await using box = await sandbox({ git: false });
  const [first, second] = [join(box.folder, "one/garza"), join(box.folder, "two/deeper/garza")];
  await compileGarza(first);
  await compileGarza(second);
  expect(await digest(second)).toBe(await digest(first));
}, 60_000);

test("the program knows its version and the commit it was built from", async () => {
  await using box = await sandbox({ git: false });
  expect(await box.garza("--version")).toEqual({ stdout: `garza ${manifest.version}\n`, stderr: "", exitCode: 0 });
  const { stdout } = await box.garza("version", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    garza: manifest.version,
    commit: expect.stringMatching(/^[0-9a-f]{12}$|^unknown$/),
  });
});

test("nothing of the folder that it is started in is loaded: no .env, no bunfig, no tsconfig, no package", async () => {
  const shout = `console.log("LOADED"); process.env.GARZA_ROOT = "/nowhere";`;
  await using box = await sandbox({
    git: false,
    files: {
      ".env": "GARZA_ROOT=/nowhere\n",
      "bunfig.toml": 'preload = ["./shout.ts"]\n',
      "shout.ts": shout,
      "tsconfig.json": '{ "compilerOptions": { "paths": { "yaml": ["./shout.ts"] } } }',
      "package.json": '{ "imports": { "#x": "./shout.ts" }, "main": "./shout.ts" }',
      "node_modules/yaml/index.js": shout,
    },
  });
  const { exitCode, stdout, stderr } = await box.garza("run", "demo/rollback", "fail=false");
  expect(`${stdout}${stderr}`).not.toContain("LOADED");
  expect(exitCode).toBe(0);
});

test("code made from text is refused in the program", async () => {
  await using box = await sandbox({ git: false, files: { "evil.ts": 'new Function("console.log(1)")();' } });
  const outfile = join(box.folder, "evil");
  await compile({ entry: join(box.root, "evil.ts"), outfile });
  const { exitCode, stdout, stderr } = await box.run(outfile);
  expect({ failed: exitCode !== 0, stdout }).toEqual({ failed: true, stdout: "" });
  expect(stderr).toContain("EvalError");
});

test("a build of what can't be built throws, and leaves no program", async () => {
  await using box = await sandbox({ git: false, files: { "broken.ts": 'import "./missing.ts";' } });
  const outfile = join(box.folder, "broken");
  await expect(compile({ entry: join(box.root, "broken.ts"), outfile })).rejects.toThrow();
  expect(await Bun.file(outfile).exists()).toBe(false);
});

test("the program that is tested is compiled, not run from source", async () => {
  const magic = new Uint8Array(await Bun.file(compiledProgram()).slice(0, 4).arrayBuffer()).toHex();
  expect(["7f454c46", "cffaedfe"]).toContain(magic);
});
