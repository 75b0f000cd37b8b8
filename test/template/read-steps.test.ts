import { describe, expect, test } from "bun:test";
import { walkSteps } from "../../src/template/template.ts";
import { faultsOf, oneStep, read, withHead } from "./reading.ts";

const delay = "steps: [{type: delay, name: a, seconds: 1}]\n";

describe("names of steps", () => {
  test("a step of the top level has one", () => {
    expect(faultsOf(oneStep("- {type: delay, seconds: 1}"))).toEqual([
      "3:5 error missing-key: `name` is missing: a step at the top level needs one",
    ]);
  });

  test("nested ones without are called after their parent, type and position; ids are paths", () => {
    const { template } = read(
      oneStep(`- type: foreach
  name: each/one
  items: [a]
  steps:
    - {type: delay, seconds: 1}
    - type: conditional
      condition: "true"
      steps: [{type: delay, seconds: 1}]
      else: [{type: delay, seconds: 1}, {type: delay, name: last, seconds: 1}]
- type: parallel
  name: both
  branches:
    left: [{type: delay, seconds: 1}]
    right: [{type: delay, seconds: 1}]
  undo: [{type: delay, seconds: 1}, {type: delay, name: back, seconds: 1}]`),
    );
    expect([...walkSteps(template.steps)].map(({ name, id }) => `${name} = ${id}`)).toEqual([
      "each/one = steps/each%2Fone",
      "each/one/delay-1 = steps/each%2Fone/steps/delay-1",
      "each/one/conditional-2 = steps/each%2Fone/steps/conditional-2",
      "each/one/conditional-2/delay-1 = steps/each%2Fone/steps/conditional-2/steps/delay-1",
      "each/one/conditional-2/delay-1 = steps/each%2Fone/steps/conditional-2/else/delay-1",
      "last = steps/each%2Fone/steps/conditional-2/else/last",
      "both = steps/both",
      "both/delay-1 = steps/both/left/delay-1",
      "both/delay-2 = steps/both/right/delay-2",
      "both/delay-3 = steps/both/undo/delay-3",
      "back = steps/both/undo/back",
    ]);
  });

  test("rollback and notifications have names and ids of their own", () => {
    const { template } = read(
      withHead(`${delay}rollback: {on_failure: [{type: delay, name: a, seconds: 1}]}
notifications: {on_failure: [{channel: log, message: m}, {message: n}]}
`),
    );
    expect(template.rollback.steps.map(({ id }) => id)).toEqual(["rollback/a"]);
    expect(template.notifications.on_failure.map(({ id, name, type }) => `${id} ${name} ${type}`)).toEqual([
      "notifications/on_failure/1 on_failure/notification-1 notification",
      "notifications/on_failure/2 on_failure/notification-2 notification",
    ]);
  });

  const nested = (a: string, b: string, c: string) =>
    oneStep(`- type: conditional
  name: outer
  condition: "true"
  steps: [{type: delay, name: ${a}, seconds: 1}]
  else: [{type: delay, name: ${b}, seconds: 1}]
- {type: delay, name: ${c}, seconds: 1}`);

  test("two steps can't share one, wherever they stand", () => {
    expect(faultsOf(nested("x", "y", "x"))).toEqual([
      "8:5 error duplicate-step: two steps are called `x` (the other is in line 6)",
    ]);
    expect(faultsOf(nested("x", "y", "y"))).toEqual([
      "8:5 error duplicate-step: two steps are called `y` (the other is in line 7)",
    ]);
    expect(faultsOf(nested("outer", "y", "z"))).toEqual([
      "6:13 error duplicate-step: two steps are called `outer` (the other is in line 3)",
    ]);
  });

  test("`steps` and `else` of one conditional can: only one of them runs", () => {
    expect(faultsOf(nested("x", "x", "y"))).toEqual([]);
  });
});

describe("exit: true", () => {
  const exit =
    '{type: conditional, name: c, condition: "true", exit: true, steps: [{type: delay, name: d, seconds: 1}]}';

  test("ends an operation, also from a conditional in a conditional", () => {
    expect(faultsOf(oneStep(`- ${exit}`))).toEqual([]);
    expect(faultsOf(oneStep(`- {type: conditional, name: o, condition: "true", steps: [${exit}]}`))).toEqual([]);
  });

  test.each([
    ["a foreach", `- {type: foreach, name: o, items: [a], steps: [${exit}]}`],
    ["a parallel", `- {type: parallel, name: o, branches: {b: [${exit}]}}`],
    ["`undo`", `- {type: delay, name: o, seconds: 1, undo: [${exit}]}`],
    [
      "a foreach",
      `- {type: foreach, name: o, items: [a], steps: [{type: conditional, condition: "true", steps: [${exit}]}]}`,
    ],
  ])("is refused inside %s", (where, step) => {
    expect(faultsOf(oneStep(step)).map((fault) => fault.replace(/^\S+ /, ""))).toEqual([
      `error exit-refused: \`exit\` can't stand inside ${where}`,
    ]);
  });

  test("is refused inside rollback", () => {
    expect(faultsOf(withHead(`${delay}rollback:\n  on_failure:\n    - ${exit}\n`))).toEqual([
      "5:55 error exit-refused: `exit` can't stand inside `rollback`",
    ]);
  });
});

describe("lists of steps", () => {
  test("that must be there and hold something are asked for", () => {
    expect(faultsOf(oneStep('- {type: conditional, name: a, condition: "true", steps: []}'))).toEqual([
      "3:60 error missing-key: `steps` is missing or empty",
    ]);
    expect(faultsOf(oneStep("- {type: foreach, name: a, items: [x]}"))).toEqual([
      "3:5 error missing-key: `steps` is missing or empty",
    ]);
  });

  test("are lists of mappings", () => {
    expect(faultsOf(withHead("steps: {a: 1}\n"))[0]).toBe(
      "2:8 error wrong-type: expected a list of steps (lines that begin with `-`)",
    );
    expect(faultsOf(withHead("steps: [delay, {type: delay, name: a, seconds: 1}]\n"))).toEqual([
      "2:9 error wrong-type: a step is a mapping with a `type`",
    ]);
    expect(faultsOf(oneStep("- {type: parallel, name: a, branches: [x]}"))).toEqual([
      "3:41 error wrong-type: `branches` must be a mapping from a name to a list of steps",
    ]);
  });
});

describe("prerequisites", () => {
  test("are read with their defaults, output as it is written", () => {
    const { template } = read(
      withHead(`${delay}prerequisites:
  - {check: version, command: node --version, expected: 1.10, expected_contains: true, expected_exit: "2", timeout: 5s}
  - {unlocked: web}
  - {command: "true", host: h, hint: install it}
`),
    );
    expect(template.prerequisites.map(({ place: _, ...rest }) => rest)).toEqual([
      {
        check: "version",
        command: "node --version",
        expected: "1.10",
        expectedContains: "true",
        expectedExit: 2,
        timeout: "5s",
      },
      { check: "nobody else has the lock web", unlocked: "web", expectedExit: 0, timeout: 30 },
      { check: "true", command: "true", host: "h", hint: "install it", expectedExit: 0, timeout: 30 },
    ]);
  });

  test("have a command or a resource, not both and not neither", () => {
    expect(faultsOf(withHead(`${delay}prerequisites: [{check: a}, {command: b, unlocked: c}]\n`))).toEqual([
      "3:17 error wrong-value: a prerequisite has a `command`, or `unlocked` with a resource",
      "3:29 error wrong-value: a prerequisite has either a `command` or `unlocked`, not both",
    ]);
  });
});

describe("the world around a template", () => {
  test("a script that is not there is an error, one that is named by a value is not looked for", () => {
    const text = oneStep(
      "- {type: script, name: a, script: a.sh}\n- {type: script, name: b, script: b.sh}\n- {type: script, name: c, script: '${env.S}'}",
    );
    expect(faultsOf(text, { exists: (path) => path === "a.sh" })).toEqual([
      "4:37 error missing-script: there is no file b.sh in the repository",
    ]);
    expect(faultsOf(text)).toEqual([]);
  });

  test("a channel that is not configured here is a warning", () => {
    const text = withHead(
      `${delay}notifications: {on_start: [{channel: slak, message: m}, {channel: log, message: m}]}\n`,
    );
    expect(faultsOf(text, { channels: ["slack"] })).toEqual([
      "3:38 warning unknown-channel: channel `slak` is not configured here: it goes to log. Did you mean slack?",
    ]);
    expect(faultsOf(text)).toEqual([]);
  });
});
