import { beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contained, readRegular, replaceFile, writeAtomically } from "../../src/core/files.ts";
import { GarzaError } from "../../src/core/problem.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "garza-files-")));
});

/** What the call was refused for, or what it gave. */
function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (thrown) {
    if (thrown instanceof GarzaError && "why" in thrown.problem) return thrown.problem.why;
    throw thrown;
  }
}

describe("a path in the root", () => {
  test("is given back with its links resolved, whether or not it exists", () => {
    mkdirSync(join(root, "a"));
    symlinkSync("a", join(root, "link"));
    expect(contained(root, "link/b/c")).toBe(join(root, "a/b/c"));
    expect(contained(root, join(root, "x"))).toBe(join(root, "x"));
    expect(contained(root, ".")).toBe(root);
    expect(contained(root, "a/../..x")).toBe(join(root, "..x"));
  });

  test("may be asked for under a root that is itself reached through a link", () => {
    const link = `${root}-link`;
    symlinkSync(root, link);
    expect(contained(link, join(link, "x"))).toBe(join(root, "x"));
    expect(contained(link, join(root, "x"))).toBe(join(root, "x"));
  });

  test("is refused when it leaves", () => {
    mkdirSync(`${root}-beside`);
    symlinkSync(`${root}-beside`, join(root, "out"));
    symlinkSync("/etc/passwd", join(root, "file"));
    symlinkSync(join(root, "nowhere"), join(root, "dangling"));
    symlinkSync(`${root}/loop`, join(root, "loop"));
    writeFileSync(join(root, "plain"), "");
    const why = (path: string) => outcome(() => contained(root, path));
    expect(why("../x")).toBe(`it leaves ${root}`);
    expect(why("/etc/passwd")).toBe(`it leaves ${root}`);
    expect(why(`${root}-beside/x`)).toBe(`it leaves ${root}`);
    expect(why("out/x")).toBe(`a link in it leaves ${root}`);
    expect(why("out")).toBe(`a link in it leaves ${root}`);
    expect(why("file")).toBe(`a link in it leaves ${root}`);
    expect(why("dangling")).toBe("it is a link that leads nowhere");
    expect(why("dangling/x")).toBe("it is a link that leads nowhere");
    expect(why("loop")).toBe("its links go in a circle");
    expect(why("plain/x")).toBe("it goes through a file");
    expect(why("")).toBe("it names no file");
    expect(why("a\0b")).toBe("it names no file");
  });
});

describe("reading", () => {
  test("only regular files are read: a FIFO without a writer does not hold the reader up", () => {
    Bun.spawnSync(["mkfifo", join(root, "fifo")]);
    const why = (path: string) => outcome(() => readRegular(path, "shown"));
    expect(why(join(root, "fifo"))).toBe("it is not a regular file");
    expect(why("/dev/zero")).toBe("it is not a regular file");
    expect(why(root)).toBe("it is not a regular file");
    expect(why(join(root, "absent"))).toBeUndefined();
    writeFileSync(join(root, "latin1"), Buffer.from([0x66, 0xfc, 0x72]));
    expect(why(join(root, "latin1"))).toBe("it is not UTF-8");
  });
});

describe("writing", () => {
  test("replaces the whole file, keeps its permissions, and leaves nothing beside it", async () => {
    const file = join(root, "sub/state.json");
    await writeAtomically(file, "first");
    expect(statSync(file).mode & 0o777).toBe(0o644);
    chmodSync(file, 0o660);
    const text = "ü".repeat(1_000_000);
    await writeAtomically(file, text);
    expect(await Bun.file(file).text()).toBe(text);
    expect(statSync(file).mode & 0o777).toBe(0o660);
    expect(readdirSync(join(root, "sub"))).toEqual(["state.json"]);
  });

  test("a file that is replaced by default is its owner's alone", () => {
    replaceFile(join(root, "secret"), "x");
    expect(statSync(join(root, "secret")).mode & 0o777).toBe(0o600);
  });

  test("a failure names the file and leaves nothing behind", () => {
    mkdirSync(join(root, "folder/full"), { recursive: true });
    expect(() => replaceFile(join(root, "folder"), "x")).toThrow(join(root, "folder"));
    expect(readdirSync(root)).toEqual(["folder"]);
  });
});
