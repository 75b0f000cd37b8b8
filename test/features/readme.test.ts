/** What the README shows is run. */
import { expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { patient } from "../support/platforms.ts";
import { sandbox } from "../support/sandbox.ts";
import { repository, textOf } from "../support/sources.ts";

/** The code blocks of one language, in order. */
async function blocks(path: string, language: string): Promise<string[]> {
  const found = (await textOf(path)).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"));
  return [...found].map(([, code = ""]) => code);
}

test("its TypeScript example runs", async () => {
  const [example = ""] = await blocks("README.md", "ts");
  await using box = await sandbox({ git: false, files: { "example.ts": example } });
  await mkdir(join(box.root, "node_modules"));
  await symlink(repository, join(box.root, "node_modules/garza"));
  const { exitCode, stdout, stderr } = await box.run(process.execPath, "example.ts");
  expect(stderr).toBe("");
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toBe("Say hello, step by step 0");
  expect(stdout).toMatch(/^text:\d+:\d+: error: /m);
  expect(lines).toContain("6 steps would run");
  for (const step of ["take turns success", "greet success", "give the turn back success"])
    expect(lines).toContain(step);
  expect(lines.at(-1)).toBe("success");
  expect(exitCode).toBe(0);
});

test("its agent runs what is submitted to it, and stops", async () => {
  const [, example = ""] = await blocks("README.md", "ts");
  await using box = await sandbox({ git: false, files: { "example.ts": example } });
  await mkdir(join(box.root, "node_modules"));
  await symlink(repository, join(box.root, "node_modules/garza"));
  expect(await box.run(process.execPath, "example.ts")).toEqual({
    stdout: "success success\n2 0\n1 true a program\ntrue true\n",
    stderr: "",
    exitCode: 0,
  });
});

test("its template has ten lines, is valid, does its work, and is in the history", async () => {
  using server = patient();
  const [template = ""] = await blocks("README.md", "yaml");
  expect(template.trimEnd().split("\n")).toHaveLength(10);
  const here = template.replace("https://notes.example.org/health", server.url);
  const files = { "operations/maintain/restart-notes.yml": here };
  await using box = await sandbox({ files, programs: { systemctl: "" } });
  expect(await box.garza("template", "validate")).toMatchObject({ stderr: "", exitCode: 0 });
  const planned = await box.garza("run", "maintain/restart-notes", "--dry-run");
  expect(planned.stdout).toContain("systemctl restart");
  expect(planned.exitCode).toBe(0);
  expect(await box.calls("systemctl")).toEqual([]);
  expect((await box.garza("run", "maintain/restart-notes", "unit=notes")).exitCode).toBe(0);
  expect(await box.calls("systemctl")).toEqual([["restart", "notes"]]);
  expect(server.asked).toBe(1);
  expect((await box.garza("history")).stdout).toContain("maintain/restart-notes");
});

test("its first paragraph is one sentence", async () => {
  const [, opening = ""] = (await textOf("README.md")).split("\n\n");
  expect(opening.match(/[.!?](\s|$)/g)).toHaveLength(1);
});

test("the first set-up command builds the program and runs the demo; the second runs the gate", async () => {
  const { scripts } = await Bun.file(join(repository, "package.json")).json();
  const commands = (await blocks("README.md", "sh")).slice(1, 3).map((block) => block.trimEnd());
  expect(commands).toEqual(["npx --yes bun@1.4.5 run demo", "npx --yes bun@1.4.5 run ci"]);
  expect(scripts.demo).toBe(
    "bun install --frozen-lockfile && bun run build && dist/garza init dist/demo && dist/garza run demo/hello --root dist/demo",
  );
  expect(scripts.ci).toBe("sh test/setup.sh && bun install --frozen-lockfile && bun run check");
  expect(await textOf(".ci/run")).toContain(commands[1] ?? "");
});
