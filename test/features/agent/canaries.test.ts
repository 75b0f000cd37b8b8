/** Eight secrets planted, used in every way that templates have, and looked for wherever text leaves the agent. */
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canaries, formsOf, givenAway } from "../../support/canaries.ts";
import { compiledProgram, sandbox } from "../../support/sandbox.ts";

const names = ["ENVIRONMENT", "STORED", "CREDENTIAL", "KEY", "LONGER"];
const all = names.map((name) => `\${secret.${name}}`).join(" ");

/** Prints what it is given, as it is and as others would write it. */
const printing = `#!/usr/bin/env python3
import base64, json, sys, urllib.parse
for text in [sys.stdin.read().rstrip("\\n")]:
    for form in [text, json.dumps(text), json.dumps(text, ensure_ascii=False), urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text), base64.b64encode(text.encode()).decode(), base64.b64encode(("user:" + text).encode()).decode(), base64.urlsafe_b64encode(text.encode()).decode()]:
        print(form)
        print(form, file=sys.stderr)
`;

const files = {
  "print-forms": printing,
  "operations/inner.yml": `operation: { name: inner, type: maintain, description: Within }
parameters: { nested: { type: secret } }
steps:
  - { type: command, name: say, command: "python3 ../root/print-forms", stdin: "\${nested}" }
`,
  "operations/outer.yml": `operation: { name: outer, type: maintain, description: All of it }
parameters: { parameter: { type: secret }, nested: { type: secret }, printed: { type: secret } }
steps:
  - { type: command, name: kept, command: "cat", stdin: "\${printed}", output: secret_word, sensitive: true }
  - { type: lock, name: take, resource: r, metadata: { reason: "\${secret.STORED} \${parameter}" } }
${[...names.map((name) => `secret.${name}`), "parameter", "secret_word"].map((name, at) => `  - { type: command, name: forms-${at}, command: "python3 print-forms", stdin: "\${${name}}" }`).join("\n")}
  - { type: command, name: environment, command: "env | grep ^GIVEN; sleep 0.3", env: { GIVEN: "${all} \${parameter}" } }
  - { type: command, name: quoted, command: "printf '%s\\\\n' \${parameter} \${secret.CREDENTIAL} > ../words; sleep 0.3" }
  - { type: command, name: whole, command: "cat > ../received", stdin: "\${parameter}\\n\${secret.KEY}\\n\${secret.CREDENTIAL}\\n" }
  - { type: set, name: values, values: { mixed: "${all} \${parameter}" } }
  - { type: state_update, name: state, file: d.json, updates: { .all: "\${mixed} \${secret_word}", .key: "\${secret.KEY}" } }
  - { type: operation_log, name: entry, entry: { all: "\${mixed}", word: "\${secret_word}" } }
  - { type: notification, name: tell, title: "\${parameter}", message: "${all} \${secret_word}" }
  - { type: load_operation, name: child, template: inner, parameters: { nested: "\${nested}" } }
  - { type: http_request, name: http, url: "http://127.0.0.1:9/\${parameter}", timeout: 2s, optional: true }
  - { type: unlock, name: give, resource: r }
  - { type: command, name: fail, command: "python3 print-forms; exit 3", stdin: "\${mixed} \${secret_word}" }
results: { report_format: "\${mixed} \${error_message}", save_to: report.md }
`,
};

/** Command lines of every process there is, as often as they can be read, until the signal. */
async function sampleArguments(signal: AbortSignal): Promise<{ text: string; looks: number }> {
  const seen = new Set<string>();
  let looks = 0;
  for (; !signal.aborted; looks++) {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
      } catch {
        // It has ended.
      }
    }
    await Bun.sleep(5);
  }
  return { text: [...seen].join("\n"), looks };
}

test("no secret is in a log, an argument, an answer, an event, a state file, a commit, a notification or on a terminal", async () => {
  await using box = await sandbox({ files, env: { ENVIRONMENT: canaries.ENVIRONMENT, LONGER: canaries.LONGER } });
  const credentials = join(box.folder, "credentials");
  mkdirSync(credentials);
  writeFileSync(join(credentials, "CREDENTIAL"), canaries.CREDENTIAL);
  box.env.CREDENTIALS_DIRECTORY = credentials;
  const shell = (script: string) => box.run("sh", "-ec", script);
  await shell(
    "git config user.name T; git config user.email t@example.org; git clone -q --bare . ../remote.git; git remote add origin $PWD/../remote.git; git fetch -q; git branch -q -u origin/main",
  );
  await box.garza("run", "demo/hello");
  writeFileSync(join(box.data, "secrets.json"), JSON.stringify({ STORED: canaries.STORED, KEY: canaries.KEY }), {
    mode: 0o600,
  });

  const agent = box.start("agent");
  await agent.says("ready");
  const over = new AbortController();
  const sampling = sampleArguments(over.signal);
  const socket = join(box.data, "agent.sock");
  const ask = async (path: string, ...more: string[]) =>
    (await box.run("curl", "-sN", "--unix-socket", socket, ...more, `http://garza/v1${path}`)).stdout;
  const { parameter, nested, printed } = canaries;
  // Not as an argument of ours: the request comes from a file.
  await box.write("../request.json", JSON.stringify({ template: "outer", parameters: { parameter, nested, printed } }));
  const { id } = JSON.parse(await ask("/operations", "-d", "@../request.json"));
  const events = await ask(`/operations/${id}/events?output=1`);
  over.abort();
  const argumentsSeen = await sampling;

  // What they are for has got them, whole.
  expect(await box.read("../received")).toBe(`${canaries.parameter}\n${canaries.KEY}\n${canaries.CREDENTIAL}\n`);
  expect(argumentsSeen.looks).toBeGreaterThan(5);
  expect(argumentsSeen.text).toContain("print-forms");
  const child = JSON.parse(await ask("/operations")).operations.map((each: { id: string }) => each.id) as string[];
  const out: Record<string, string> = {
    "the agent's log": agent.stdout() + agent.stderr(),
    "arguments of processes": argumentsSeen.text,
    events,
    operations: await ask("/operations"),
    ...Object.fromEntries(
      await Promise.all([id, ...child].map(async (each) => [`operation ${each}`, await ask(`/operations/${each}`)])),
    ),
    output: await ask(`/operations/${id}/output?step=fail`),
    locks: await ask("/locks"),
    state: await ask("/state/d.json"),
    agent: await ask("/agent"),
    status: (await box.garza("status", id)).stdout,
    "status in JSON": (await box.garza("status", id, "--json")).stdout,
    tree: (await box.garza("queue", "show", id, "--tree")).stdout,
    logs: (await box.garza("logs", id)).stdout,
    "agent status": (await box.garza("agent", "status")).stdout,
    "secret list": (await box.garza("secret", "list")).stdout,
    "state file": await box.read("infra/state/d.json"),
    "operations.json": await box.read("infra/state/operations.json"),
    report: await box.read("report.md"),
    notifications: readFileSync(join(box.data, "notifications.log"), "utf8"),
  };
  agent.signal("SIGTERM");
  await agent.ended;
  out["the agent's last words"] = agent.stderr();
  const typed = await box.garza("run", "inner", `nested=${canaries.ENVIRONMENT}`);
  out["on the terminal"] = typed.stdout + typed.stderr;
  // A real one, on which the live view draws.
  const drawn = `'${compiledProgram()}' run inner nested="$ENVIRONMENT"`;
  out["drawn on a terminal"] = (await box.run("script", "-qec", drawn, "/dev/null")).stdout;
  out["every commit, here and at the remote"] = (
    await shell(
      "git log -p --all; git --git-dir=../remote.git log -p --all; git --git-dir=../remote.git for-each-ref --format='%(contents)'",
    )
  ).stdout;
  for (const [where, text] of Object.entries(out))
    expect([where, text.length > 10, givenAway(text)]).toEqual([where, true, []]);
  expect(out.logs).toContain("***");
  expect(out["secret list"]).toMatch(
    /CREDENTIAL +credential\nENVIRONMENT +environment\nKEY +file\nLONGER +environment\nSTORED +file\n/,
  );
  expect(out["agent status"]).toContain("CREDENTIAL (credential), ENVIRONMENT (environment), KEY (file)");
  // And nothing of them stays behind an operation that has ended, but in the journal and where they are stored.
  expect(readdirSync(join(box.data, "secrets"))).toEqual([]);
  expect(formsOf(printed).length).toBeGreaterThan(5);
}, 60_000);
