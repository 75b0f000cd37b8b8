/** System calls that fail under a running agent: the disk's, and those that need files and processes. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { audit, missing } from "../crash/power-loss/audit.ts";
import { until } from "../support/temporary.ts";
import { canTrace, counts, failFrom, faultyBox, lines, startAgent, startBehind, stop, submit } from "./rig.ts";

const injected = (log: string) => readFileSync(log, "utf8").split("(INJECTED)").length - 1;

test.skipIf(!canTrace).each([
  ["fsync,fdatasync", "SQLITE_IOERR_FSYNC"],
  ["pwrite64,write", "SQLITE_IOERR_WRITE"],
])(
  "a journal where %s fails stops the agent with 74, and nothing that was answered is lost",
  async (calls, code) => {
    await using box = await faultyBox();
    const agent = await startAgent(box);
    const answered = [await submit(box, "t/slow"), await submit(box, "t/quick")];
    await agent.says("ended: success");
    await until(() => existsSync(join(box.root, "effects")));
    const journal = ["garza.db", "garza.db-wal"].flatMap((name) => ["-P", join(box.data, name)]);
    const fault = ["-e", `trace=${calls}`, "-e", `inject=${calls}:error=EIO`];
    const { log, tracer } = await failFrom(box, agent, [...journal, ...fault]);
    expect(await submit(box, "t/quick")).toMatchObject({ status: 502, body: { kind: "outcome-unknown" } });
    const { exitCode, stderr } = await agent.ended;
    await tracer.ended;
    expect(injected(log)).toBeGreaterThan(0);
    expect({ exitCode, said: stderr.split("\n").slice(-3).join("\n").slice(25) }).toEqual({
      exitCode: 74,
      said: `stopping, as nothing can be recorded any more: ${join(box.data, "garza.db")}: disk I/O error (${code})\n  Look: garza doctor, and at the system's log\n`,
    });

    writeFileSync(join(box.root, "go"), "");
    const next = startBehind(box, [], "queue", "process", "--until-empty");
    expect((await next.ended).exitCode).toBe(0);
    expect(await lines(box, "effects")).toEqual(["one", "went", "two"]);
    const judge = answered.map(({ body }) => `success ${body.id}`);
    expect(audit(join(box.data, "garza.db"), (db) => missing(db, judge))).toEqual([]);
  },
  30_000,
);

test.skipIf(!canTrace)(
  "a database that can't be read is no damage: nothing is changed, and it ends with 74",
  async () => {
    await using box = await faultyBox();
    expect((await box.garza("run", "t/quick")).exitCode).toBe(0);
    const before = readFileSync(join(box.data, "garza.db"));
    const log = join(box.folder, "trace");
    const fault = ["-P", join(box.data, "garza.db"), "-e", "trace=pread64,read", "-e", "inject=pread64,read:error=EIO"];
    const agent = await startBehind(box, ["strace", "-f", "-o", log, ...fault], "agent").ended;
    expect(injected(log)).toBeGreaterThan(0);
    expect({ ...agent, stderr: "" }).toMatchObject({ exitCode: 74 });
    expect(readFileSync(join(box.data, "garza.db")).equals(before)).toBe(true);
    expect((await box.garza("run", "t/quick")).exitCode).toBe(0);
  },
  30_000,
);

const many = `
operation: {name: many, type: maintain, description: Many at once}
steps:
  - name: all
    type: foreach
    items: [${[...Array(40).keys()]}]
    as: n
    parallel: true
    max_concurrent: 40
    steps:
      - {name: one, type: command, command: "echo \${n} >> effects; sleep 0.3"}
`;

test.skipIf(!canTrace)(
  "too many open files fail no step, and run none twice",
  async () => {
    await using box = await faultyBox({ files: { "operations/t/many.yml": many } });
    const log = join(box.folder, "trace");
    const trace = [
      "strace",
      "-f",
      "--seccomp-bpf",
      "-o",
      log,
      "-Z",
      "-e",
      "trace=openat,pipe2,dup,dup3,memfd_create,fcntl",
    ];
    const agent = await startAgent(box, "sh", "-c", 'ulimit -n 32; exec "$@"', "sh", ...trace);
    await submit(box, "t/many");
    await agent.says("ended: ");
    expect(readFileSync(log, "utf8")).toContain("EMFILE");
    expect(await counts(box)).toMatchObject({ success: 1, failed: 0, interrupted: 0 });
    expect((await lines(box, "effects")).map(Number).sort((a, b) => a - b)).toEqual([...Array(40).keys()]);
  },
  30_000,
);

test("more connections than it may have files cost it nothing but their time", async () => {
  await using box = await faultyBox();
  const agent = await startAgent(box, "sh", "-c", 'ulimit -n 64; exec "$@"', "sh");
  const open = await Promise.all([...Array(200).keys()].map(() => connected(box.env.GARZA_SOCKET ?? "")));
  const answer = submit(box, "t/quick");
  for (const socket of open) socket.destroy();
  expect((await answer).status).toBe(201);
  await agent.says("ended: success");
  expect((await stop(agent)).exitCode).toBe(0);
}, 30_000);

function connected(path: string): Promise<Socket> {
  const socket = connect(path);
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

test.skipIf(!canTrace).each(["EAGAIN", "ENOMEM"])(
  "where there is no process to be had (%s) for agent or wrapper, a step is tried again and runs once",
  async (error) => {
    await using box = await faultyBox();
    const agent = await startAgent(box);
    // The runtime starts its threads with clone3, and ends where it can have none.
    const calls = "vfork,fork,clone";
    const fault = ["-e", `trace=${calls}`, "-e", `inject=${calls}:error=${error}:when=1`];
    const { log, tracer } = await failFrom(box, agent, fault);
    await submit(box, "t/quick");
    // The first fork of each process: the agent's own, then that of a wrapper.
    await until(() => injected(log) > 1);
    await stop(tracer);
    await agent.says("ended: success");
    expect(await lines(box, "said")).toEqual(["x"]);
  },
  30_000,
);
