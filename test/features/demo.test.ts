import { expect, test } from "bun:test";
import { sandbox } from "../support/sandbox.ts";

test("demo/hello shows each step and its greeting", async () => {
  await using box = await sandbox({ git: false });
  const { exitCode, stderr } = await box.garza("run", "demo/hello", "name=O'Hara; exit 3");
  for (const shown of ["take turns", "look around", "greet", "at the same time", "still here", "give the turn back"])
    expect(stderr).toContain(shown);
  for (const said of ["Hello, O'Hara; exit 3!", "Ciao, O'Hara; exit 3!"]) expect(stderr).toContain(said);
  expect(exitCode).toBe(0);
});

test("demo/rollback fails, undoes newest first, rolls back, and says so", async () => {
  await using box = await sandbox({ git: false });
  const { exitCode, stderr } = await box.garza("run", "demo/rollback");
  expect(exitCode).toBe(1);
  expect(stderr.indexOf("remove the file")).toBeGreaterThan(stderr.indexOf("switch over"));
  expect(stderr.indexOf("remove the folder")).toBeGreaterThan(stderr.indexOf("remove the file"));
  expect(stderr.indexOf("see what is left")).toBeGreaterThan(stderr.indexOf("remove the folder"));
  expect((await box.told()).join()).toMatch(
    /^high: demo_rollback: switch over failed .* Rolled back, nothing is left$/,
  );
});

test("demo/rollback with fail=false succeeds and cleans up itself", async () => {
  await using box = await sandbox({ git: false });
  expect((await box.garza("run", "demo/rollback", "fail=false")).exitCode).toBe(0);
});
