import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GarzaError } from "../../src/core/problem.ts";
import { openSecrets, removeSecret, setSecret, storedSecrets } from "../../src/core/secrets.ts";
import { sandbox } from "../support/temporary.ts";

const base = sandbox();

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof GarzaError) return `${thrown.problem.kind}: ${thrown.message}`;
    throw thrown;
  }
  return "done";
}

test("the file goes before the credential, and that before the environment", () => {
  const path = mkdtempSync(join(base, "box-"));
  const data = path;
  const credentials = join(data, "credentials");
  mkdirSync(credentials);
  const env = { CREDENTIALS_DIRECTORY: credentials, TOKEN: "from-env" };
  const look = () => {
    const secrets = openSecrets({ data, env, platform: "linux" });
    return [secrets.get("TOKEN"), secrets.source("TOKEN")];
  };
  expect(look()).toEqual(["from-env", "environment"]);
  writeFileSync(join(credentials, "TOKEN"), "from-credential\n");
  expect(look()).toEqual(["from-credential", "credential"]);
  setSecret(data, "TOKEN", "from-file");
  expect(look()).toEqual(["from-file", "file"]);
});

test("a stored secret is for its owner alone, keeps its lines, and can be removed", () => {
  const path = mkdtempSync(join(base, "box-"));
  const key = "-----BEGIN-----\nabc\n-----END-----\n";
  setSecret(path, "KEY", key);
  setSecret(path, "A", "x");
  expect(statSync(join(path, "secrets.json")).mode & 0o777).toBe(0o600);
  expect([...storedSecrets(path)]).toEqual([
    ["A", "x"],
    ["KEY", key],
  ]);
  expect([removeSecret(path, "KEY"), removeSecret(path, "KEY")]).toEqual([true, false]);
  expect([...storedSecrets(path).keys()]).toEqual(["A"]);
});

test("a file that others can read is refused", () => {
  const path = mkdtempSync(join(base, "box-"));
  setSecret(path, "A", "abcdef");
  chmodSync(join(path, "secrets.json"), 0o640);
  expect(messageOf(() => storedSecrets(path))).toStartWith("not-allowed:");
  expect(messageOf(() => openSecrets({ data: path, env: {}, platform: "linux" }).get("A"))).toStartWith("not-allowed:");
});

test("a damaged file is told without its content, and left as it is", () => {
  const path = mkdtempSync(join(base, "box-"));
  const file = join(path, "secrets.json");
  for (const text of ['{"A": "hunter2hunter2"', '["hunter2hunter2"]', '{"A": 42}']) {
    writeFileSync(file, text, { mode: 0o600 });
    const message = messageOf(() => setSecret(path, "B", "new"));
    expect(message).toStartWith("data-damaged:");
    expect(message).not.toContain("hunter2");
    expect(readFileSync(file, "utf8")).toBe(text);
  }
});

test("names that could be paths or reach a prototype are never looked up, and refused when set", () => {
  const path = mkdtempSync(join(base, "box-"));
  const secrets = openSecrets({ data: path, env: { CREDENTIALS_DIRECTORY: "/etc" }, platform: "linux" });
  for (const name of ["../passwd", "passwd/../hosts", "__proto__", "constructor", "", "1A", "a b", "x".repeat(300)]) {
    expect(secrets.get(name)).toBeUndefined();
    expect(messageOf(() => setSecret(path, name, "value"))).toStartWith("usage:");
  }
});

test("an environment's inherited names are no secrets", () => {
  const path = mkdtempSync(join(base, "box-"));
  expect(openSecrets({ data: path, env: {}, platform: "linux" }).get("toString")).toBeUndefined();
});

test("on macOS the keychain is asked by its own program, behind the credential and before the environment", () => {
  const data = mkdtempSync(join(base, "box-"));
  const keychain = join(data, "security");
  const script = '#!/bin/sh\n[ "$*" = "find-generic-password -s garza -a TOKEN -w" ] && echo from-keychain\n';
  writeFileSync(keychain, script, { mode: 0o755 });
  const credentials = join(data, "credentials");
  mkdirSync(credentials);
  const env = { TOKEN: "from-env", OTHER: "from-env", CREDENTIALS_DIRECTORY: credentials };
  const look = (platform: string, name: string) => {
    const secrets = openSecrets({ data, env, platform, keychain });
    return [secrets.get(name), secrets.source(name)];
  };
  expect(look("darwin", "TOKEN")).toEqual(["from-keychain", "keychain"]);
  expect(look("darwin", "OTHER")).toEqual(["from-env", "environment"]);
  expect(look("linux", "TOKEN")).toEqual(["from-env", "environment"]);
  writeFileSync(join(credentials, "TOKEN"), "from-credential\n");
  expect(look("darwin", "TOKEN")).toEqual(["from-credential", "credential"]);
});
