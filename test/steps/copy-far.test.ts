import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Mapping } from "../../src/core/value.ts";
import { download } from "../../src/steps/download.ts";
import type { StepType } from "../../src/steps/step.ts";
import { upload } from "../../src/steps/upload.ts";
import { type FarMachine, farMachine } from "../support/far-step.ts";
import { runStep, type Surroundings, stepContext } from "../support/step-context.ts";
import { sandbox, until } from "../support/temporary.ts";

let machine: FarMachine;
beforeAll(async () => {
  machine = await farMachine();
});
afterAll(() => machine[Symbol.asyncDispose]());

const root = sandbox();
const modeOf = (file: string) => statSync(file).mode & 0o7777;
const contextOf = (more: Surroundings = {}) => stepContext({ root, connections: machine.hosts, ...more });
const run = (type: StepType, keys: Mapping, context = contextOf()) => runStep(type, { host: "far", ...keys }, context);
const there = (path: string) => join(machine.there, path);
const big = randomBytes(3_000_000);

test("a file goes there and comes back, with its permissions or others", async () => {
  writeFileSync(join(root, "big"), big, { mode: 0o640 });
  expect(await run(upload, { from: "big", to: there("big") })).toMatchObject({ kind: "done", value: big.length });
  expect([readFileSync(there("big")).equals(big), modeOf(there("big"))]).toEqual([true, 0o640]);
  chmodSync(there("big"), 0o600);
  await run(upload, { from: "big", to: there("big") });
  expect(modeOf(there("big"))).toBe(0o600);
  await run(upload, { from: "big", to: there("big"), mode: "0755" });
  expect(modeOf(there("big"))).toBe(0o755);
  expect(await run(download, { from: there("big"), to: "back" })).toMatchObject({ value: big.length });
  expect([readFileSync(join(root, "back")).equals(big), modeOf(join(root, "back"))]).toEqual([true, 0o755]);
});

test("an empty file is a file, and a link there stays one", async () => {
  writeFileSync(join(root, "empty"), "");
  writeFileSync(there("real"), "old");
  symlinkSync("real", there("link"));
  expect(await run(upload, { from: "empty", to: there("link") })).toMatchObject({ value: 0 });
  expect([readFileSync(there("real"), "utf8"), existsSync(there("real"))]).toEqual(["", true]);
});

test("a folder goes there and comes back with all that is in it", async () => {
  mkdirSync(join(root, "tree/sub/none"), { recursive: true });
  writeFileSync(join(root, "tree/a 'b'"), "1");
  writeFileSync(join(root, "tree/sub/ü"), "22");
  expect(await run(upload, { from: "tree", to: there("tree") })).toMatchObject({ value: 3 });
  expect(await run(download, { from: there("tree"), to: "again" })).toMatchObject({ value: 3 });
  const all = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();
  expect(all(join(root, "again"))).toEqual(all(join(root, "tree")));
});

test.each([
  ["upload", upload],
  ["download", download],
] as const)("an %s goes on where it was when the line is cut", async (name, type) => {
  writeFileSync(join(root, "big"), big);
  writeFileSync(there("source"), big);
  const hosts = machine.another();
  const context = contextOf({ connections: hosts });
  const before = { sent: machine.proxy.sent(), received: machine.proxy.received() };
  const way = name === "upload" ? "sent" : "received";
  machine.proxy.cutAfter(2_000_000, way);
  const keys = name === "upload" ? { from: "big", to: there("cut") } : { from: there("source"), to: "cut" };
  expect(await run(type, keys, context)).toMatchObject({ value: big.length });
  expect(readFileSync(name === "upload" ? there("cut") : join(root, "cut")).equals(big)).toBe(true);
  expect(context.said.join()).toContain("it goes on from where it was");
  // Not all of it went twice.
  expect(machine.proxy[way]() - before[way]).toBeLessThan(big.length + 2_500_000);
});

test("a cancel leaves nothing beside", async () => {
  writeFileSync(join(root, "big"), big);
  const stop = new AbortController();
  const hosts = machine.another();
  const copied = run(
    upload,
    { from: "big", to: there("stopped") },
    contextOf({ connections: hosts, signal: stop.signal }),
  );
  const beside = () => readdirSync(machine.there).filter((name) => name.startsWith("stopped"));
  machine.proxy.throttle(2_000_000);
  await until(() => beside().length > 0);
  machine.proxy.throttle(Number.POSITIVE_INFINITY);
  stop.abort(new Error("stopped"));
  await expect(copied).rejects.toThrow("stopped");
  expect(beside()).toEqual([]);
});

test("what can't be copied is named with its host", async () => {
  await expect(run(download, { from: "none", to: "x" })).rejects.toThrow(
    "path far:none is refused: there is no such file",
  );
  await expect(run(upload, { from: "tree", to: there("big") })).rejects.toThrow("not a folder");
  await expect(run(upload, { from: "big", to: there("no/x") })).rejects.toThrow("far:");
  await expect(run(upload, { from: "none", to: there("x") })).rejects.toThrow("there is no such file");
});
