import { expect, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { networkFileSystem, prepareData } from "../../src/core/data-folder.ts";
import { GarzaError } from "../../src/core/problem.ts";
import { sandbox } from "../support/temporary.ts";

const base = sandbox();

function box() {
  const path = mkdtempSync(join(base, "box-"));
  const root = join(path, "ops");
  mkdirSync(join(root, "operations"), { recursive: true });
  return { root, data: join(path, "state/data") };
}

function kindOf(prepare: () => unknown): string {
  try {
    prepare();
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.problem.kind;
    throw thrown;
  }
  return "prepared";
}

test("the folder is made for its owner alone, and keeps its identity", () => {
  const places = box();
  const machine = prepareData(places);
  expect(statSync(places.data).mode & 0o777).toBe(0o700);
  expect(statSync(join(places.data, "machine.json")).mode & 0o777).toBe(0o600);
  expect(machine.id).toMatch(/^[0-9a-f]{24}$/);
  expect(prepareData(places)).toEqual(machine);
});

test("a folder of ours that others can read is closed; one with other things in it is not touched", () => {
  const places = box();
  prepareData(places);
  chmodSync(places.data, 0o755);
  prepareData(places);
  expect(statSync(places.data).mode & 0o777).toBe(0o700);

  const home = join(places.root, "..", "home");
  mkdirSync(home, { mode: 0o755 });
  chmodSync(home, 0o755);
  writeFileSync(join(home, "letter"), "");
  expect(kindOf(() => prepareData({ root: places.root, data: home }))).toBe("not-allowed");
  expect(statSync(home).mode & 0o777).toBe(0o755);
});

test("one folder serves one root; after a move of that root it is another machine", () => {
  const places = box();
  const other = join(places.root, "..", "other");
  mkdirSync(join(other, "operations"), { recursive: true });
  const { id } = prepareData(places);
  expect(kindOf(() => prepareData({ root: other, data: places.data }))).toBe("configuration");
  renameSync(places.root, `${places.root}-gone`);
  const moved = prepareData({ root: other, data: places.data });
  expect(moved.id).not.toBe(id);
  expect(moved.root).toBe(other);
});

test("a folder copied to another machine gets its own identity", () => {
  const places = box();
  const { id } = prepareData(places);
  const copy = join(places.root, "..", "copy");
  cpSync(places.data, copy, { recursive: true });
  chmodSync(copy, 0o700);
  writeFileSync(join(copy, "machine.json"), JSON.stringify({ id, root: places.root, tie: "another machine's" }));
  expect(prepareData({ root: places.root, data: copy }).id).not.toBe(id);
});

test("a damaged identity is not replaced in silence", () => {
  const places = box();
  prepareData(places);
  for (const text of ["{", "{}"]) {
    writeFileSync(join(places.data, "machine.json"), text);
    expect(kindOf(() => prepareData(places))).toBe("data-damaged");
  }
});

test("someone else's root is refused, with the owner to run as", () => {
  const places = box();
  const stranger = statSync(places.root).uid + 1;
  expect(kindOf(() => prepareData(places, stranger))).toBe("not-allowed");
});

test("local disks are no network file systems, also for a folder that is not there yet", () => {
  const places = box();
  expect(networkFileSystem(places.data)).toBeUndefined();
});
