/** What is measured. Each figure names what it is compared with; the bar is for the ratio of the two. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { textOf } from "../support/sources.ts";
import { type Ran, repository, run } from "./runs.ts";

export type Bench = { folder: string; program: string; empty: string };
export type Figure = { value: number; against: number; unit: "ms" | "MB"; baseline: string; bar: number };

const operation = "operation: { name: bench, type: maintain, description: Measured }\n";
const noop = `${operation}steps:\n  - { type: set, name: one, values: { a: 1 } }\n`;

export const figures: Record<string, (bench: Bench) => Promise<Figure>> = {
  "garza --version": (bench) => againstEmpty(bench, ["--version"], 1.5),
  "run of a no-op operation": (bench) => againstEmpty(bench, ["run", "bench"], 12),

  async "1,000 no-op steps"({ folder, program }) {
    const steps = Array.from({ length: 1000 }, (_, n) => `  - { type: set, name: step-${n}, values: { a: ${n} } }\n`);
    const value = await beyondNoop(folder, program, `${operation}steps:\n${steps.join("")}`);
    return { value, against: commits(folder, 2000), unit: "ms", baseline: "2,000 commits", bar: 2.2 };
  },

  async "foreach of 1,000, 50 at a time"({ folder, program }) {
    const value = await beyondNoop(
      folder,
      program,
      `${operation}steps:
  - type: foreach
    name: each
    items: \${numbers}
    as: number
    parallel: true
    max_concurrent: 50
    steps: [{ type: set, values: { a: "\${number}" } }]
parameters: { numbers: [${Array.from({ length: 1000 }, (_, n) => n)}] }
`,
    );
    return { value, against: commits(folder, 2000), unit: "ms", baseline: "2,000 commits", bar: 2.2 };
  },

  async "validation of 500 templates"({ folder, program }) {
    const text = await textOf("operations/deploy/mcp-server.yml");
    const templates = Array.from({ length: 500 }, (_, n) => [
      `operations/t${n}.yml`,
      text.replace("deploy_mcp_server", `deploy_${n}`),
    ]);
    const root = await repository(folder, Object.fromEntries(templates));
    const { ms } = await run([program, "template", "validate"], root);
    const started = performance.now();
    for (const [, one = ""] of templates) parseDocument(one);
    return { value: ms, against: performance.now() - started, unit: "ms", baseline: "parsing their YAML", bar: 4 };
  },

  async "100 health checks, all at once"({ folder, program }) {
    const slowest = 500;
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => Bun.sleep(slowest).then(() => new Response("ok")),
    });
    const checks = `${operation}steps:
  - type: foreach
    name: each
    items: \${numbers}
    as: number
    parallel: true
    max_concurrent: 100
    steps: [{ type: health_check, method: http, url: "http://127.0.0.1:${server.port}/\${number}", expected_status: 200 }]
parameters: { numbers: [${Array.from({ length: 100 }, (_, n) => n)}] }
`;
    const value = await beyondNoop(folder, program, checks);
    await server.stop(true);
    return { value, against: slowest, unit: "ms", baseline: "the slowest", bar: 1.5 };
  },

  async "memory of a step with 1 GB of output"({ folder, program }) {
    const flood = `${operation}steps:\n  - { type: command, name: flood, command: yes a line about as long as lines of output are | head -c 1G, timeout: 5m }\n`;
    const memory = async (text: string) => (await operate(folder, program, text)).maxRssMb;
    return {
      value: await memory(flood),
      against: (await memory(noop)) + 30,
      unit: "MB",
      baseline: "a no-op and 30",
      bar: 1,
    };
  },

  async "the program's size"({ program, empty }) {
    const size = (file: string) => Bun.file(file).size / 1e6;
    return { value: size(program), against: size(empty), unit: "MB", baseline: "an empty program", bar: 1.15 };
  },
};

/** Starting both in turns, so that noise of the machine hits both; medians. */
async function againstEmpty({ folder, program, empty }: Bench, args: string[], bar: number): Promise<Figure> {
  const root = await repository(folder, { "operations/bench.yml": noop });
  const times: { real: number[]; bare: number[] } = { real: [], bare: [] };
  for (let round = 0; round < 20; round++) {
    times.real.push((await run([program, ...args], root)).ms);
    times.bare.push((await run([empty], root)).ms);
  }
  return { value: median(times.real), against: median(times.bare), unit: "ms", baseline: "an empty program", bar };
}

/** How much longer this operation takes than one that does nothing. */
async function beyondNoop(folder: string, program: string, text: string): Promise<number> {
  const [long, short] = [await operate(folder, program, text), await operate(folder, program, noop)];
  return long.ms - short.ms;
}

async function operate(folder: string, program: string, text: string): Promise<Ran> {
  const root = await repository(folder, { "operations/bench.yml": text });
  return await run([program, "run", "bench"], root);
}

/** Milliseconds for this many commits of one row each, durable, on the same disk. */
function commits(folder: string, count: number): number {
  using database = new Database(join(folder, `${crypto.randomUUID()}.db`));
  database.run("pragma journal_mode = wal");
  database.run("pragma synchronous = full");
  database.run("create table row (id integer primary key, text text) strict");
  const insert = database.query("insert into row (text) values (?)");
  const started = performance.now();
  for (let n = 0; n < count; n++) insert.run("a step's row is about this long, give or take a few words");
  return performance.now() - started;
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
