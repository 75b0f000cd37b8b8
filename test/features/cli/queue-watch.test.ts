import { expect, test } from "bun:test";
import { compiledProgram, type Sandbox, sandbox } from "../../support/sandbox.ts";
import { added, agent, files } from "../queue/templates.ts";

/** `garza queue watch` on a terminal of its own; `sees` resolves once this stands in what it wrote. */
function watchOn(box: Sandbox, columns: number, rows: number) {
  let written = "";
  const waiting = new Set<() => void>();
  const decoder = new TextDecoder();
  const child = Bun.spawn([compiledProgram(), "queue", "watch"], {
    cwd: box.root,
    env: { ...box.env, TERM: "xterm" },
    terminal: {
      cols: columns,
      rows,
      data: (_, bytes) => {
        written += decoder.decode(bytes, { stream: true });
        for (const look of waiting) look();
      },
    },
  });
  return {
    child,
    written: () => written,
    /** Behind what it wrote before. */
    sees: (text: string) => {
      const from = written.length;
      return new Promise<void>((resolve) => {
        const look = () => {
          if (!Bun.stripANSI(written.slice(from)).includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      child.terminal?.close();
    },
  };
}

test("on a terminal it follows what runs, waits and dies, in every size, and q leaves without a trace", async () => {
  await using box = await sandbox({ files });
  const workers = await agent(box, 1);
  const running = await added(box, "slow");
  await using screen = watchOn(box, 100, 30);
  await screen.sees(`${running}  slow`);
  const waiting = await added(box, "slow", "--priority", "2");
  await screen.sees(`${waiting}  slow  priority 2`);

  const narrow = screen.sees("step wait");
  screen.child.terminal?.resize(50, 12);
  await narrow;
  const gone = screen.sees("none runs, and 2 operations");
  await workers.end();
  await gone;
  screen.child.terminal?.write("q");
  expect(await screen.child.exited).toBe(0);
  expect(screen.written()).not.toContain("\u001b[?25l");
  expect(screen.written()).not.toContain("\u001b[?1049h");
});

for (const key of ["\u0003", "SIGTERM", "SIGHUP"] as const) {
  test(`${key === "\u0003" ? "Ctrl-C" : key} ends it well`, async () => {
    await using box = await sandbox({ files });
    await added(box, "quick");
    await using screen = watchOn(box, 80, 24);
    await screen.sees("q quits");
    if (key === "\u0003") screen.child.terminal?.write(key);
    else screen.child.kill(key);
    expect(await screen.child.exited).toBe(0);
  });
}

test("without a terminal it tells what there is, then a line for each change", async () => {
  await using box = await sandbox({ files });
  const first = await added(box, "quick");
  const watching = box.start("queue", "watch");
  await watching.says(`${first} quick queued, priority 5: no agent runs: garza agent\n`);
  await box.garza("queue", "pause", "slow", "--reason", "a freeze");
  await watching.says("paused slow, by tester@");
  const workers = await agent(box, 2);
  await watching.says(`agent garza queue process (process ${workers.pid}), 2 at once\n`);
  await watching.says(`${first} quick success after `);
  await box.garza("queue", "unpause", "slow");
  await watching.says("unpaused slow\n");
  const second = await added(box, "slow");
  await watching.says(`${second} slow running, step wait\n`);
  await workers.end();
  await watching.says(`${second} slow died: the process that ran it is gone\n`);
  watching.signal("SIGINT");
  expect((await watching.ended).exitCode).toBe(0);
  const lines = watching.stdout().trimEnd().split("\n");
  expect(lines.filter((line) => !/^\d{4}-\d\d-\d\dT[\d:.]+Z /.test(line))).toEqual([]);
});

test("with --json each change is a document, also of what began and ended between two looks", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "quick");
  const watching = box.start("queue", "watch", "--json");
  await watching.says('"agent":null');
  await box.garza("run", "quick");
  await watching.says('"status":"success"');
  watching.signal("SIGTERM");
  const { stdout, stderr, exitCode } = await watching.ended;
  expect([stderr, exitCode]).toEqual(["", 0]);
  const documents = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const ended = documents.filter(({ operation }) => operation?.status === "success");
  expect(ended).toMatchObject([{ type: "operation", operation: { template: "quick", current_step: null } }]);
});

test("where nothing was submitted yet, and where there is no repository, it says so or fails", async () => {
  await using box = await sandbox({ files });
  await using screen = watchOn(box, 80, 24);
  await screen.sees("Nothing has run here yet");
  screen.child.terminal?.write("q");
  expect(await screen.child.exited).toBe(0);
  expect(await box.garza("queue", "watch", "--root", "/")).toMatchObject({ exitCode: 78, stdout: "" });
});
