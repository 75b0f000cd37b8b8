import { expect, test } from "bun:test";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serveControl } from "../../src/api/server.ts";
import { sandbox } from "../support/temporary.ts";
import { served, unasked } from "./served.ts";

const folder = sandbox();
chmodSync(folder, 0o700);
const mode = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

async function serveAt(socket: string): Promise<{ code: string } | { mode: string; folder: string }> {
  const never = () => Promise.reject(new Error("not asked"));
  const none = () => ({ [Symbol.asyncIterator]: () => ({ next: never }) });
  const control = {
    ...unasked, submit: never, cancel: never, retry: never, resume: never, resolve: never, rollback: never, pause: never,
    unpause: never, syncState: never, acquireLock: never, releaseLock: never, follow: none, watch: none,
  }; // biome-ignore format: a list
  const reader = { operation: () => ({ id: "" }), list: () => ({ operations: [], next: null }), stats: () => ({}) };
  const note = {
    pid: 1,
    instance: "",
    command: "",
    since: 0,
    socket,
    workers: 0,
    version: "",
    configured: 0,
    refused: null,
    secrets: [],
  };
  const server = await serveControl({ socket, control, reader, note, onBug: () => {} });
  const there = { mode: mode(socket), folder: mode(join(socket, "..")) };
  await server.stop();
  return { ...there, code: existsSync(socket) ? "left behind" : "gone" };
}

test("the socket and the folder made for it are closed to others, and the socket goes with the server", async () => {
  expect(await serveAt(join(folder, "new", "s"))).toEqual({ mode: "600", folder: "700", code: "gone" });
  const umask = process.umask();
  expect(process.umask(umask)).toBe(umask);
});

test("a socket that a killed agent left behind is replaced", async () => {
  const socket = join(folder, "stale");
  const left = Bun.spawn(
    ["bun", "-e", `Bun.serve({ unix: ${JSON.stringify(socket)}, fetch: () => new Response() }); console.log()`],
    { stdout: "pipe" },
  );
  for await (const _ of left.stdout) break;
  left.kill("SIGKILL");
  await left.exited;
  expect(existsSync(socket)).toBe(true);
  expect(await serveAt(socket)).toMatchObject({ mode: "600" });
});

test("whatever else is at the socket's place stays, and is named", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "kept");
  const link = join(folder, "link");
  symlinkSync(file, link);
  const dangling = join(folder, "dangling");
  symlinkSync(join(folder, "nothing"), dangling);
  const inner = join(folder, "inner");
  mkdirSync(inner);
  for (const path of [file, link, dangling, inner]) {
    const refused = serveAt(path);
    await expect(refused).rejects.toMatchObject({ problem: { kind: "configuration", where: path } });
  }
  expect(readFileSync(file, "utf8")).toBe("kept");
  expect(lstatSync(link).isSymbolicLink() && lstatSync(dangling).isSymbolicLink()).toBe(true);
});

test("a path that the kernel would refuse, and a folder that is open to others, are told with a way out", async () => {
  await expect(serveAt(join(folder, "x".repeat(300)))).rejects.toThrow(/300|has \d+ bytes.*\n.*GARZA_SOCKET/);
  await expect(serveAt(join(folder, "é".repeat(45)))).rejects.toThrow("GARZA_SOCKET");
  const open = join(folder, "open");
  mkdirSync(open);
  chmodSync(open, 0o755);
  await expect(serveAt(join(open, "s"))).rejects.toThrow(`chmod 700 ${open}`);
  expect(existsSync(join(open, "s"))).toBe(false);
});

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)("another user is not let in, neither by the folder nor by the socket alone", async () => {
  await using box = await served();
  const ask = async () => {
    const curl = ["curl", "-sS", "--unix-socket", box.socket, "http://x/v1/agent"];
    const child = Bun.spawn(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...curl], {
      stderr: "pipe",
    });
    return (await child.exited) === 0 ? "let in" : await new Response(child.stderr).text();
  };
  expect(await ask()).toContain("Couldn't connect");
  chmodSync(box.folder, 0o755);
  expect(await ask()).toContain("Couldn't connect");
  chmodSync(box.socket, 0o666);
  expect(await ask()).toBe("let in");
});
