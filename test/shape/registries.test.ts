import { expect, test } from "bun:test";
import { stepTypes } from "../../src/steps/index.ts";
import { builtIn } from "../../src/template/built-in.ts";
import { textOf, texts } from "../support/sources.ts";

/** The step types of the language, as its manual lists them. */
const spoken = [
  "lock", "unlock", "git", "command", "ssh_command", "script", "upload", "download", "state_check", "state_update",
  "health_check", "http_request", "wait_for", "conditional", "foreach", "parallel", "delay", "notification",
  "operation_log", "load_operation", "service_lookup", "service_group_lookup", "aggregate_results", "filter",
  "log_analysis", "external_api", "approval", "set", "assert", "exit",
]; // biome-ignore format: a list to read, not to scroll

test("every step type of the language is registered, and none besides", () => {
  expect(Object.keys(stepTypes).sort()).toEqual([...spoken].sort());
});

test("the manual has a section with an example for every step type", async () => {
  const manual = await textOf("operations/README.md");
  const without = spoken.filter(
    (type) => !manual.includes(`### ${type}\n`) && !new RegExp(`^### .*\\b${type}\\b`, "m").test(manual),
  );
  expect(without).toEqual([]);
  expect(spoken.filter((type) => !manual.includes(`type: ${type}\n`))).toEqual([]);
});

test("every template of the repository is built in under its name, word for word", async () => {
  const files = await texts("operations/**/*.yml");
  const named = [...files].map(([path, text]) => [path.replace(/^operations\/|\.yml$/g, ""), text]);
  expect({ ...builtIn }).toEqual(Object.fromEntries(named));
});
