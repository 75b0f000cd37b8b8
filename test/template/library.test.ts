import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GarzaError, type Problem } from "../../src/core/problem.ts";
import { openLibrary } from "../../src/template/library.ts";

const text = (name: string) => `operation: {name: ${name}, type: deploy, description: d}\n`;
const base = mkdtempSync(join(tmpdir(), "garza-library-"));
const root = join(base, "root");
const operations = join(root, "operations");
afterAll(() => rmSync(base, { recursive: true }));

for (const folder of ["deploy", "recovery", "linked"]) mkdirSync(join(operations, folder), { recursive: true });
writeFileSync(join(operations, "deploy/mcp-server.yml"), text("deploy_mcp_server"));
writeFileSync(join(operations, "deploy/web.yaml"), text("web_site"));
writeFileSync(join(operations, "deploy/twin-a.yml"), text("twin"));
writeFileSync(join(operations, "deploy/twin-b.yml"), text("twin"));
writeFileSync(join(operations, "recovery/broken.yml"), "operation: [deploy_mcp_server\n");
writeFileSync(join(operations, "deploy/notes.md"), "not a template");
writeFileSync(join(operations, "deploy/latin.yml"), Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
writeFileSync(join(operations, "deploy/huge.yml"), "#".repeat(2 ** 20 + 1));
mkdirSync(join(operations, "deploy/folder.yml"));
writeFileSync(join(base, "outside.yml"), text("outside"));
symlinkSync(join(base, "outside.yml"), join(operations, "linked/out.yml"));
symlinkSync(base, join(operations, "linked/away"));
symlinkSync(join(operations, "deploy/web.yaml"), join(operations, "linked/in.yml"));
symlinkSync(operations, join(operations, "linked/round"));
Bun.spawnSync(["mkfifo", join(operations, "deploy/pipe.yml")]);

const library = openLibrary({
  root,
  builtIn: { "demo/hello": text("demo_hello"), "deploy/mcp-server": text("built_in") },
});

function refusal(name: string): Problem {
  try {
    library.find(name);
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.problem;
    throw thrown;
  }
  throw new Error(`${name} was found`);
}

describe("a template is found", () => {
  test.each([
    "deploy/mcp-server",
    "deploy/mcp-server.yml",
    "operations/deploy/mcp-server.yml",
    "operations/deploy/mcp-server",
    "deploy_mcp_server",
    "./operations/deploy/mcp-server.yml",
    join(operations, "deploy/mcp-server.yml"),
  ])("as %s", (name) => {
    expect(library.find(name)).toEqual({
      name: "deploy/mcp-server",
      file: "operations/deploy/mcp-server.yml",
      text: text("deploy_mcp_server"),
    });
  });

  test("among the built-in ones, where the repository has none of that name", () => {
    const hello = { name: "demo/hello", file: "built-in:demo/hello.yml", text: text("demo_hello") };
    expect(library.find("demo/hello")).toEqual(hello);
    expect(library.find("demo/hello.yml")).toEqual(hello);
    expect(library.find("demo_hello")).toEqual(hello);
    expect(openLibrary({ root: join(base, "nowhere"), builtIn: { a: "x" } }).find("a").file).toBe("built-in:a.yml");
  });

  test("with the other ending, and through a link that stays inside", () => {
    expect(library.find("deploy/web").file).toBe("operations/deploy/web.yaml");
    expect(library.find("linked/in")).toEqual({
      name: "linked/in",
      file: "operations/linked/in.yml",
      text: text("web_site"),
    });
  });
});

describe("a template is refused", () => {
  test.each([
    "../outside",
    "../outside.yml",
    "deploy/../../../outside.yml",
    "./outside.yml",
    "/etc/passwd",
    "deploy/../deploy/web",
  ])("where its name leads out of the folder: %s", (name) => {
    expect(refusal(name)).toEqual({ kind: "path-refused", path: name, why: "it leaves the operations folder" });
  });

  test.each(["linked/out", "linked/away/outside"])("where a link leads out of the folder: %s", (name) => {
    expect(refusal(name)).toEqual({ kind: "path-refused", path: name, why: "it leaves the operations folder" });
  });

  test("where it is a FIFO or a folder, without waiting for either", () => {
    for (const name of ["deploy/pipe", "deploy/folder"]) {
      expect(refusal(name)).toEqual({
        kind: "path-refused",
        path: `operations/${name}.yml`,
        why: "it is not a regular file",
      });
    }
  });

  test("where it is too large, or no text", () => {
    expect(refusal("deploy/huge")).toEqual({
      kind: "template-unreadable",
      name: "deploy/huge",
      why: "operations/deploy/huge.yml is larger than 1 MiB",
    });
    expect(refusal("deploy/latin")).toEqual({
      kind: "template-unreadable",
      name: "deploy/latin",
      why: "operations/deploy/latin.yml: it is not UTF-8",
    });
  });

  test("where two are called so", () => {
    expect(refusal("twin")).toEqual({
      kind: "template-unreadable",
      name: "twin",
      why: "both deploy/twin-a and deploy/twin-b are called so; use one of these names",
    });
  });

  test("where there is none, with the three nearest", () => {
    expect(refusal("deploy/mcp-sever")).toEqual({
      kind: "template-unknown",
      name: "deploy/mcp-sever",
      nearest: ["deploy/mcp-server", "deploy/huge", "deploy/web"],
    });
    const { nearest } = refusal("helo") as Extract<Problem, { kind: "template-unknown" }>;
    expect(nearest[0]).toBe("demo/hello");
    for (const odd of ["", "\0", "__proto__", "constructor", "deploy"])
      expect(refusal(odd).kind).toBe("template-unknown");
  });
});

test("the list holds files and built-in templates by name, without what hides or leads out", () => {
  expect(library.list()).toEqual([
    { name: "demo/hello", file: "built-in:demo/hello.yml" },
    ...["huge", "latin", "mcp-server", "twin-a", "twin-b"].map((name) => ({
      name: `deploy/${name}`,
      file: `operations/deploy/${name}.yml`,
    })),
    { name: "deploy/web", file: "operations/deploy/web.yaml" },
    { name: "linked/in", file: "operations/linked/in.yml" },
    { name: "recovery/broken", file: "operations/recovery/broken.yml" },
  ]);
  expect(library.names()).toEqual(library.list().map(({ name }) => name));
});
