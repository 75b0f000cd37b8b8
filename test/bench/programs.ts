/** The program as a person meets it: started, run, ended. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { textOf } from "../support/sources.ts";
import { withAgent } from "./agents.ts";
import { type Bench, type Figure, inTurns, type Measure, noop, operation, paired } from "./measure.ts";
import { repository, run, runForMemory } from "./runs.ts";

export const programs: Record<string, Measure> = {
  "garza --version": (bench) => againstEmpty(bench, ["--version"], 1.5),
  "run of a no-op operation": (bench) => againstEmpty(bench, ["run", "bench"], 12),
  "garza status against an agent": (bench) =>
    withAgent(bench, {}, ({ root }) => againstEmpty(bench, ["status"], 4, root)),

  async "1,000 no-op steps"({ folder, program }) {
    const steps = Array.from({ length: 1000 }, (_, n) => `  - { type: set, name: step-${n}, values: { a: ${n} } }\n`);
    return againstCommits(folder, program, `${operation}steps:\n${steps.join("")}`);
  },

  async "foreach of 1,000, 50 at a time"({ folder, program }) {
    return againstCommits(
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
  },

  async "validation of 500 templates"({ folder, program }) {
    const text = await textOf("operations/deploy/mcp-server.yml");
    const templates = Array.from({ length: 500 }, (_, n) => [
      `operations/t${n}.yml`,
      text.replace("deploy_mcp_server", `deploy_${n}`),
    ]);
    const root = await repository(folder, Object.fromEntries(templates));
    const ms = await run([program, "template", "validate"], root);
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
    const memory = async (text: string) =>
      runForMemory([program, "run", "bench"], await repository(folder, { "operations/bench.yml": text }));
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

/** In turns, so that noise of the machine hits both. */
async function againstEmpty(
  { folder, program, empty }: Bench,
  args: string[],
  bar: number,
  at?: string,
): Promise<Figure> {
  const root = at ?? (await repository(folder, { "operations/bench.yml": noop }));
  const figure = await inTurns(
    30,
    () => run([program, ...args], root),
    () => run([empty], root),
  );
  return { ...figure, unit: "ms", baseline: "an empty program", bar };
}

/** Two a step. In turns, as another program's commits slow down all of them. */
async function againstCommits(folder: string, program: string, text: string): Promise<Figure> {
  const figure = await paired(
    3,
    () => beyondNoop(folder, program, text),
    () => commits(folder, 2000),
  );
  return { ...figure, unit: "ms", baseline: "2,000 commits", bar: 2.2 };
}

/** How much longer this operation takes than one that does nothing. */
async function beyondNoop(folder: string, program: string, text: string): Promise<number> {
  const [long, short] = [await operate(folder, program, text), await operate(folder, program, noop)];
  return long - short;
}

async function operate(folder: string, program: string, text: string): Promise<number> {
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
