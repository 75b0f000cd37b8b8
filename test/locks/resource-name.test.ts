import { expect, test } from "bun:test";
import fc from "fast-check";
import { encodeResource } from "../../src/locks/resource-name.ts";

test.each([
  ["prod-db", "prod-db"],
  ["../x", "%2e%2e%2fx"],
  ["x.lock", "x%2elock"],
  ["a/b", "a%2fb"],
  ["A", "%41"],
  ["ü", "%c3%bc"],
  ["u\u0308", "%c3%bc"],
  ["con", "%63on"],
  ["com1", "%63om1"],
  ["console", "console"],
  ["-x", "%2dx"],
  ["x-", "x-"],
  ["@", "%40"],
  ["%20", "%2520"],
  ["a b\n", "a%20b%0a"],
  ["鍵", "%e9%8d%b5"],
])("%j becomes %j", (name, encoded) => {
  expect(encodeResource(name)).toBe(encoded);
});

test("a name that would be too long for a file becomes a digest", () => {
  expect(encodeResource("x".repeat(180))).toBe("x".repeat(180));
  expect(encodeResource("x".repeat(181))).toMatch(/^%h-[0-9a-f]{40}$/);
  expect(encodeResource("x".repeat(181))).not.toBe(encodeResource("x".repeat(182)));
});

test.each(["", "\ud800"])("%j is no name", (name) => {
  expect(() => encodeResource(name)).toThrow("E_RESOURCE");
});

test("different names never meet in one file, whatever the case, and git takes each as a ref", async () => {
  const seen = new Map<string, string>();
  const name = fc.string({ minLength: 1, maxLength: 12, unit: "binary" }).map((text) => text.normalize("NFC"));
  fc.assert(
    fc.property(name, (text) => {
      const encoded = encodeResource(text);
      expect(encoded).toMatch(/^[a-z0-9_%][a-z0-9_%-]*$/);
      expect(seen.get(encoded) ?? text).toBe(text);
      seen.set(encoded, text);
    }),
  );
  for (const hostile of ["../x", "x.lock", "@{", "a..b", "~^:?*[\\", "\u007f"]) {
    const { exitCode } = Bun.spawnSync(["git", "check-ref-format", `refs/garza/locks/${encodeResource(hostile)}`]);
    expect(exitCode).toBe(0);
  }
});
