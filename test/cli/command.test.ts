import { expect, test } from "bun:test";
import { cac } from "cac";
import { type Command, parse } from "../../src/cli/command.ts";
import { GarzaError } from "../../src/core/problem.ts";

const add: Command = {
  name: "queue add",
  takes: "<template> [...parameters]",
  summary: "Add",
  options: [
    { flags: "--key <key>", says: "key" },
    { flags: "--dry-run", says: "dry" },
    { flags: "-f, --follow", says: "follow" },
  ],
  examples: [],
  run: async () => 0,
};
const none: Command = { ...add, name: "version", takes: "", options: [] };

const read = (command: Command, ...argv: string[]) => parse(cac("garza"), command, argv);

function refused(command: Command, ...argv: string[]): string {
  try {
    read(command, ...argv);
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.message.split("\n")[0] ?? "";
    throw thrown;
  }
  return "accepted";
}

test("values stay text, whatever they look like", () => {
  for (const text of ["0123", "1e3", "12345678901234567890", "true", "false", "0x10", " ", "=", "a=b", "-1", "--x"]) {
    expect(read(add, "t", `--key=${text}`).value("key")).toBe(text);
  }
  expect(read(add, "t", "--key", "0123").value("key")).toBe("0123");
});

test("arguments stay as they are, also behind a flag without a value", () => {
  const { args, flag, value } = read(add, "--json", "0123", "--dry-run", "true", "n=-5", "--", "--key", "-x");
  expect(args).toEqual(["0123", "true", "n=-5", "--key", "-x"]);
  expect([flag("json"), flag("dry-run"), flag("follow"), value("key")]).toEqual([true, true, false, undefined]);
});

test("short and long forms are one flag", () => {
  expect(read(add, "t", "-f").flag("follow")).toBe(true);
  expect(refused(add, "t", "-f", "--follow")).toBe("--follow is given twice");
});

test("flags that are unknown, doubled, empty or without their value are refused", () => {
  expect(refused(add, "t", "--dryrun")).toBe("queue add has no flag --dryrun. Did you mean --dry-run?");
  expect(refused(add, "t", "--no-json")).toBe("queue add has no flag --no-json. Did you mean --json?");
  expect(refused(add, "t", "--__proto__=x")).toBe("queue add has no flag --__proto__.");
  expect(refused(add, "t", "-fx")).toBe("queue add has no flag -fx. Did you mean -f?");
  expect(refused(add, "t", "--key=a", "--key=b")).toBe("--key is given twice");
  expect(refused(add, "t", "--key")).toBe("--key needs a value");
  expect(refused(add, "t", "--key=")).toBe("--key needs a value");
  expect(refused(add, "t", "--key", "--json")).toBe("--key needs a value");
  expect(refused(add, "t", "--json=no")).toBe("--json takes no value");
  expect(refused(add, "t", "-")).toBe("queue add has no flag -. Did you mean -f?");
});

test("too few and too many arguments are refused, but not when help is asked for", () => {
  expect(refused(add)).toBe("queue add needs TEMPLATE");
  expect(refused(none, "x")).toBe('version can\'t take "x"');
  expect(read(add, "--help").flag("help")).toBe(true);
});
