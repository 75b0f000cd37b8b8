import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { environment, gitEnvironment, routeEnvironment, stepEnvironment } from "../../../src/cli/manual/environment.ts";
import { exitCodes, exitMeanings } from "../../../src/cli/manual/exit-codes.ts";
import { dataFiles } from "../../../src/cli/manual/files.ts";
import { problems } from "../../../src/core/problems.ts";
import { sandbox } from "../../support/sandbox.ts";
import { texts } from "../../support/sources.ts";
import { added, agent, files, isUp } from "../queue/templates.ts";

const first = (rows: readonly (readonly string[])[]) => rows.map(([name = ""]) => name);

test("every exit code of a problem is explained, and none besides", () => {
  const codes = new Set([0, 70, ...Object.values(problems).map(({ exit }) => exit)]);
  expect([...exitMeanings.keys()].sort((a, b) => a - b)).toEqual([...codes].sort((a, b) => a - b));
  const kinds = exitCodes().flatMap(([, , told]) => (told === "" ? [] : told.split(", ")));
  expect(kinds.sort()).toEqual(Object.keys(problems).sort());
});

test("every variable that the sources read is explained, and none besides", async () => {
  const sources = [...(await texts("src/**/*.ts"))].filter(
    ([path]) => !path.startsWith("src/template/") && !path.startsWith("src/cli/manual/"),
  );
  const read = /\benv\??\.([A-Z][A-Z_]+)\b|\benv\["([A-Z_]+)"\]|\bvariable: "([A-Z_]+)"/g;
  const names = sources.flatMap(([, source]) =>
    [...source.matchAll(read)].map(([, dotted, indexed, setting]) => dotted ?? indexed ?? setting ?? ""),
  );
  expect([...new Set(names)].sort()).toEqual(first(environment).sort());
  const set = sources.flatMap(([, source]) => source.match(/\bGARZA_[A-Z_]+\b/g) ?? []);
  const known = new Set(
    [environment, stepEnvironment, routeEnvironment, gitEnvironment].flatMap(first).concat("GARZA_COMMIT"),
  );
  expect([...new Set(set)].filter((name) => !known.has(name))).toEqual([]);
});

test("every file that is made in the data folder is explained", async () => {
  await using box = await sandbox({
    files: {
      ...files,
      "operations/tell.yml": `operation: { name: tell, type: maintain, description: A test }
steps: [{ type: notification, name: tell, channel: log, message: told }]
`,
    },
  });
  await box.garza("run", "tell");
  await box.garza("backup");
  await agent(box, 1);
  await added(box, "slow");
  await isUp(box);
  const made = new Set(readdirSync(box.data));
  await box.write("../go", "");
  expect([...made].filter((name) => !first(dataFiles).includes(name))).toEqual([]);
  for (const name of ["garza.db", "agent.sock", "backups", "run", "output", "notifications.log"])
    expect([...made]).toContain(name);
});

test("each topic is told, the nearest one is named, and the manual page has every command", async () => {
  await using box = await sandbox({ files });
  for (const topic of ["exit-codes", "environment", "files"]) {
    const { stdout, stderr, exitCode } = await box.garza("help", topic);
    expect([stderr, exitCode]).toEqual(["", 0]);
    expect(stdout.split("\n").length).toBeGreaterThan(10);
    expect((await box.garza("--help")).stdout).toContain(`garza help ${topic}`);
  }
  expect(await box.garza("help", "enviroment")).toMatchObject({
    exitCode: 2,
    stderr: "garza: there is nothing on enviroment\n  Did you mean: garza help environment\n",
  });
  const page = (await box.garza("help", "--man")).stdout;
  expect(page.match(/^\.SS garza .*/gm)?.length).toBeGreaterThan(30);
  const requests = page.match(/^[.'].*/gm) ?? [];
  expect(requests.filter((line) => !/^\.(TH|SH|SS|TP|PP|B|I|nf|fi)\b/.test(line))).toEqual([]);
  expect(page.match(/[^\x20-\x7e\n]/g)).toBeNull();
});
