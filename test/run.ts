/**
 * The tests, with a closing line that can be believed: `bun test` ends with success and says nothing when a
 * test calls process.exit(0), so its own closing summary and its report are both demanded.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileGarza } from "../build.ts";

export type Counts = { passed: number; failed: number; skipped: number };
export type Results = Counts & {
  /** Place, name and reason of each failed test. */
  failures: string[];
};

/** Runs `bun test` with these arguments. What is wrong with the run itself counts as one failure. */
export async function runTests(args: readonly string[]): Promise<Results> {
  const folder = await mkdtemp(join(tmpdir(), "garza-tests-"));
  try {
    const report = join(folder, "report.xml");
    const command = [
      process.execPath,
      "test",
      "--timeout=60000",
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...args,
    ];
    const tests = Bun.spawn(command, { stdin: "ignore", stdout: "inherit", stderr: "pipe" });
    const [said, exitCode] = await Promise.all([passOn(tests.stderr, tests.exited), tests.exited]);
    const xml = await readFile(report, "utf8").catch(() => "");
    const [counts, failures] = [countReport(xml), failuresOf(xml)];
    const fault = faultOf({ said, exitCode, counts });
    if (fault === undefined) return { ...counts, failures };
    return { ...counts, failed: counts.failed + 1, failures: [...failures, `the run itself failed: ${fault}`] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * All of them: what waits for git, ssh and clocks most of the time beside what computes; then, alone, what tells by time
 * whether a process was killed, stopped or served as it should be.
 */
export async function runAllTests(): Promise<Results> {
  const files = [...new Bun.Glob("test/**/*.test.ts").scanSync(".")].sort();
  const isOf = (folders: readonly string[]) => (file: string) => folders.some((folder) => file.startsWith(folder));
  const waiting = files.filter(isOf(waits));
  const alone = files.filter(isOf(needsQuiet));
  const others = files.filter((file) => !waiting.includes(file) && !alone.includes(file));
  const beside = await Promise.all([runTests(waiting), runTests(others)]);
  return sumOf([...beside, await runTests(alone)]);
}

/** About half of the time of all but those that run alone. */
const waits = ["test/features/sharing/", "test/locks/failing-remote"];
const needsQuiet = [
  ...["agent/", "bad-input/", "hosts/", "recovery", "service/"].map((name) => `test/features/${name}`),
  ...["core/", "crash/", "engine/", "faults/", "hosts/"].map((name) => `test/${name}`),
];

const sumOf = (all: readonly Results[]): Results =>
  all.reduce((sum, { passed, failed, skipped, failures }) => ({
    passed: sum.passed + passed,
    failed: sum.failed + failed,
    skipped: sum.skipped + skipped,
    failures: [...sum.failures, ...failures],
  }));

/** To the stream's end, or a moment after who writes to it has ended: what it has left behind may hold it open. */
async function passOn(stream: ReadableStream<Uint8Array>, ended: Promise<unknown>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  void ended.then(() => setTimeout(() => void reader.cancel(), 5_000).unref());
  let said = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    process.stderr.write(next.value);
    said += decoder.decode(next.value, { stream: true });
  }
  return said;
}

/** Sums of the report's root element. */
export function countReport(xml: string): Counts {
  const root = /<testsuites\b[^>]*>/.exec(xml)?.[0] ?? "";
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(root)?.[1] ?? 0);
  const [tests, failed, skipped] = [number("tests"), number("failures") + number("errors"), number("skipped")];
  return { passed: tests - failed - skipped, failed, skipped };
}

/** Each failed test of the report: `<file>:<line> <name>`, then the error and its stack. */
export function failuresOf(xml: string): string[] {
  const failed = /<testcase ([^>]*)>\s*<failure ([^>]*?)(?:\/>|>([^<]*)<)/g;
  return [...xml.matchAll(failed)].map(([, test = "", failure = "", error]) => {
    const [file, line, within, name] = ["file", "line", "classname", "name"].map((key) => attributeOf(test, key));
    return unescapeXml(
      `${file}:${line} ${within ? `${within} > ` : ""}${name}\n${error ?? attributeOf(failure, "message")}`,
    ).trimEnd();
  });
}

const attributeOf = (attributes: string, key: string) => new RegExp(`\\b${key}="([^"]*)"`).exec(attributes)?.[1] ?? "?";

const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
const unescapeXml = (text: string) =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code, name) =>
    code === undefined ? (named[name] ?? whole) : String.fromCodePoint(Number(code)),
  );

/** Why a run can't count as a success though no test of its report failed, or undefined. */
export function faultOf(run: { said: string; exitCode: number; counts: Counts }): string | undefined {
  const { said, exitCode, counts } = run;
  const closing = /^Ran (\d+) tests? across \d+ files?\./m.exec(said);
  if (!closing) return "bun test ended without its closing line (a test that calls process.exit does that)";
  const reported = counts.passed + counts.failed + counts.skipped;
  if (Number(closing[1]) !== reported) return `${closing[1]} tests ran, and the report has ${reported}`;
  if (counts.passed === 0) return "no test passed";
  if (exitCode !== 0 && counts.failed === 0) return `bun test ended with ${exitCode}`;
  return undefined;
}

/** Said again in the end, where a long log that is cut short still has it. */
export function sayFailures(failures: readonly string[]): void {
  for (const failure of failures) console.log(`FAIL ${failure}\n`);
}

export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

if (import.meta.main) {
  if (!process.env.GARZA_BIN) await compileGarza("dist/garza");
  const words = process.argv.slice(2);
  const results = words.length > 0 ? await runTests(words) : await runAllTests();
  sayFailures(results.failures);
  console.log(closingLine(results));
  process.exitCode = results.failed === 0 ? 0 : 1;
}
