/** The gate (`bun run check`): everything that must hold before a change is shared. CI runs the same. */
import { closingLine, runAllTests, sayFailures } from "./run.ts";

const gates: Record<string, string[]> = {
  "format and lint": ["biome", "ci", "--colors=off", "--error-on-warnings", "."],
  "type-aware lint": ["oxlint", "--type-aware", "--deny-warnings", "."],
  "unused code": ["knip", "--treat-config-hints-as-errors"],
  types: ["tsc", "--project", "."],
};

let [passed, failed] = [0, 0];
for (const [name, command] of Object.entries(gates)) count(name, [process.execPath, "x", "--no-install", ...command]);
count("build and smoke run", [process.execPath, "run", "build"]);

const tests = await runAllTests();
sayFailures(tests.failures);
console.log(closingLine({ ...tests, passed: tests.passed + passed, failed: tests.failed + failed }));
process.exitCode = failed + tests.failed === 0 ? 0 : 1;

/** Runs one gate; what it says is shown when it fails. */
function count(name: string, command: string[]): void {
  const started = performance.now();
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { stdin: "ignore" });
  const took = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  console.log(`${exitCode === 0 ? "ok  " : "FAIL"} ${name} (${took})`);
  if (exitCode === 0) passed++;
  else failed++;
  if (exitCode !== 0) console.log(`${stdout}${stderr}`);
}
