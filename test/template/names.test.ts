import { describe, expect, test } from "bun:test";
import { faultsOf, oneStep, read, withHead } from "./reading.ts";

const command = (text: string, rest = "") => oneStep(`- {type: command, name: a, command: 'echo ${text}'${rest}}`);

describe("a name that nothing sets", () => {
  test("is told with the nearest that there is", () => {
    const text = withHead(
      "parameters: {app_name: x}\nsteps: [{type: command, name: a, command: 'echo ${app_nme} ${app_name}'}]\n",
    );
    expect(faultsOf(text)).toEqual(["3:51 error E_UNKNOWN_PARAM: nothing sets `app_nme`. Did you mean app_name?"]);
  });

  test("is found in every language and in every place", () => {
    const text = withHead(`parameters: {p: "\${a1}"}
prerequisites: [{check: c, command: 'test \${a2}', hint: '\${a3}'}]
steps:
  - {type: conditional, name: s1, condition: "a4 == 'x'", steps: [{type: delay, seconds: '\${a5}', when: a6}]}
  - {type: state_update, name: s2, file: f, updates: {'.x.\${a7}': '\${a8}'}}
  - {type: git, name: s3, command: 'git add \${a9}', undo: [{type: delay, seconds: 1, description: '\${b1}'}]}
  - {type: command, name: s4, command: "true", env: {'\${b2}': '\${b3}'}, check: 'test -f \${b4}'}
rollback: {enabled: '\${b5}', on_failure: [{type: delay, name: r, seconds: '\${b6}'}]}
notifications: {on_start: [{message: '\${b7}'}]}
results: {report_format: '\${b8}', save_to: '\${b9}'}
`);
    const names = faultsOf(text).flatMap((fault) => /nothing sets `(\w+)`/.exec(fault)?.[1] ?? []);
    expect(names.sort()).toEqual([
      "a1",
      "a2",
      "a3",
      "a4",
      "a5",
      "a6",
      "a7",
      "a8",
      "a9",
      "b1",
      "b2",
      "b3",
      "b4",
      "b5",
      "b6",
      "b7",
      "b8",
      "b9",
    ]);
  });

  test("may be set by any step of the template, but not before the first", () => {
    const steps =
      "steps:\n  - {type: set, name: s, values: {x: 1}}\n  - {type: command, name: c, command: 'echo ${x} ${y}', output: y}\n";
    expect(faultsOf(withHead(steps))).toEqual([]);
    expect(faultsOf(withHead(`prerequisites: [{check: c, command: 'echo \${x}'}]\n${steps}`))).toEqual([
      "2:45 error E_UNKNOWN_PARAM: `x` is set only by a step, and none has run here",
    ]);
  });

  test("is not looked for in a shell comment", () => {
    const text = withHead(
      "steps:\n  - type: command\n    name: a\n    command: |\n      # ${old}\n      echo '# ${new}'\n",
    );
    expect(faultsOf(text)).toEqual([
      "7:17 error E_UNKNOWN_PARAM: nothing sets `new`. (A ${ that is not meant for GARZA is written $${.)",
    ]);
  });

  test("may be what a lookup stores without an output", () => {
    expect(
      faultsOf(
        oneStep(
          "- {type: service_lookup, name: a, service: s, get: health_check.url}\n- {type: command, name: b, command: 'echo ${url}'}",
        ),
      ),
    ).toEqual([]);
  });
});

describe("names that are there without being set", () => {
  test("are known with their fields", () => {
    const names = ["current_date", "current_time", "current_timestamp", "operation.id", "operation.name", "host.name"];
    const others = ["env.HOME", "secret.TOKEN", "steps.a.stdout", 'steps["a"].json.x', "lock.web.token", "env['A']"];
    for (const name of [...names, ...others]) {
      expect(faultsOf(oneStep(`- type: delay\n  name: a\n  seconds: \${${name}}`))).toEqual([]);
    }
  });

  test("other fields of them are not", () => {
    const told = (name: string) => faultsOf(oneStep(`- type: delay\n  name: a\n  seconds: \${${name}}`));
    expect(told("operation.nmae")).toEqual([
      "5:16 error unknown-name: there is no `operation.nmae`. Did you mean name?",
    ]);
    expect(told("steps.b.stdout")).toEqual(["5:16 error unknown-name: there is no step `b`. Did you mean a?"]);
    expect(told("steps.a.stdoutt")).toEqual([
      "5:16 error unknown-name: a step's record has no `stdoutt`. Did you mean stdout?",
    ]);
    expect(told("lock.web.holder")).toEqual([
      "5:16 error unknown-name: a lock has no `holder`; its fencing token is `token`",
    ]);
  });

  test("env, secret and steps as a whole are never a value, unless the template sets such a name", () => {
    for (const name of ["env", "secret", "steps"]) {
      expect(faultsOf(oneStep(`- type: delay\n  name: a\n  seconds: \${${name}}`))).toEqual([
        `5:16 error unknown-name: \`${name}\` as a whole is never a value (Write \${${name}.NAME}.)`,
      ]);
    }
    expect(
      faultsOf(withHead("parameters: {env: prod}\nsteps: [{type: command, name: a, command: 'echo ${env}'}]\n")),
    ).toEqual([]);
  });

  test("error_message and failed_step are known where a failure came before", () => {
    const text = withHead(`steps:
  - {type: lock, name: a, resource: "\${error_message}", undo: [{type: lock, resource: "\${error_message}"}]}
rollback: {on_failure: [{type: lock, name: b, resource: "\${failed_step}"}]}
notifications:
  on_success: [{message: "\${failed_step}"}]
  on_failure: [{message: "\${failed_step}"}]
  on_complete: [{message: "\${error_message}"}]
  on_critical_failure: [{message: "\${error_message}"}]
`);
    const hint = "(It is known in rollback, undo and the notifications about a failure.)";
    expect(faultsOf(text)).toEqual([
      `3:40 error unknown-name: nothing sets \`error_message\` here ${hint}`,
      `6:29 error unknown-name: nothing sets \`failed_step\` here ${hint}`,
    ]);
  });
});

describe("loops", () => {
  const loop = (body: string, after = "") =>
    oneStep(`- type: foreach\n  name: each\n  items: [a]\n  as: svc\n  steps: [${body}]${after}`);

  test("their variable, its fields and the service are known in their steps", () => {
    expect(faultsOf(loop("{type: command, command: 'echo ${svc} ${svc.host} ${service.platform}'}"))).toEqual([]);
    expect(faultsOf(oneStep("- {type: command, name: a, command: 'echo ${service.platform}'}"))).toEqual([
      "3:47 error E_UNKNOWN_PARAM: nothing sets `service`.",
    ]);
  });

  test("their variable outside of them is a warning", () => {
    expect(faultsOf(loop("{type: delay, seconds: 1}", "\n- {type: command, name: b, command: 'echo ${svc}'}"))).toEqual(
      ["8:47 warning loop-variable: `svc` is known only in the steps of its own loop"],
    );
  });

  test("a filter knows the registry's fields besides", () => {
    const filter = (condition: string) =>
      loop("{type: health_check, output: status}", `\n- {type: filter, name: f, condition: "${condition}"}`);
    expect(faultsOf(filter("status == 'failed' AND critical AND svc.type == type AND health_status"))).toEqual([]);
    expect(faultsOf(filter("crtical"))).toEqual([
      "8:41 error unknown-name: nothing sets `crtical`. Did you mean critical?",
    ]);
    expect(faultsOf(oneStep('- {type: delay, name: a, seconds: 1, when: "critical"}'))[0]).toStartWith(
      "3:47 error unknown-name: nothing sets `critical`.",
    );
  });
});

describe("texts", () => {
  test("an expression that can't be read is told where it goes wrong", () => {
    expect(
      faultsOf(withHead('parameters: {x: 1}\nsteps:\n  - {type: delay, name: a, seconds: 1, when: "x = 1"}\n')),
    ).toEqual(['4:49 error expression: unexpected "=" (Equality is written ==.)']);
    expect(faultsOf(command("${x"))).toEqual([
      "3:45 error expression: this ${ is never closed (A ${ that is not meant for GARZA is written $${.)",
    ]);
  });

  test("a place in a command where no value is safe is told with its code", () => {
    const fault = faultsOf(
      withHead("parameters: {x: a}\nsteps: [{type: command, name: a, command: 'echo `date ${x}`'}]\n"),
    )[0];
    expect(fault).toStartWith("3:49 error E_BACKTICK: ");
  });

  test("git commands and state paths are checked too", () => {
    expect(faultsOf(oneStep("- {type: git, name: a, command: 'git add \"x'}"))[0]).toStartWith(
      "3:44 error E_UNTERMINATED_QUOTE",
    );
    expect(faultsOf(oneStep("- {type: state_check, name: a, file: f, path: .a.__proto__}"))[0]).toStartWith(
      "3:52 error ",
    );
    expect(faultsOf(oneStep("- {type: state_update, name: a, file: f, updates: {.a..b: 1}}"))[0]).toStartWith(
      "3:57 error ",
    );
  });

  test("a command that is one value is a warning, and an error where a trigger may set it", () => {
    const text = (triggers: string) =>
      withHead(`parameters: {service: ""}\nsteps: [{type: command, name: a, command: '\${service}'}]\n${triggers}`);
    expect(faultsOf(text(""))).toEqual([
      "3:43 warning whole-command: the whole command is a value: it runs as it is, whatever it holds",
    ]);
    const refused =
      "3:43 error whole-command: the whole command is ${service}, which a trigger may set (Write the command out and put the value in one of its words.)";
    expect(faultsOf(text("triggers: [{health_check_failed: {service: web}}]\n"))).toEqual([refused]);
    expect(faultsOf(text("triggers: [webhook]\n"))).toEqual([refused]);
    expect(faultsOf(text("triggers: [{manual: by hand}]\n"))[0]).toContain("warning whole-command");
  });

  test("raw is a warning", () => {
    expect(
      faultsOf(withHead("parameters: {x: a}\nsteps: [{type: command, name: a, command: 'echo ${raw(x)}'}]\n")),
    ).toEqual(["3:49 warning raw: ${raw(x)} is put into the command as it is, unescaped"]);
  });

  test("an enum, a number and allow_dash count only as long as no step sets the name anew", () => {
    const text = (output: string) =>
      withHead(`parameters: {tool: {enum: [ls, cat]}}
steps:
  - {type: command, name: a, command: '\${tool} x'}
  - {type: command, name: b, command: "true", output: ${output}}
`);
    expect(faultsOf(text("other"))).toEqual([]);
    expect(faultsOf(text("tool"))[0]).toStartWith("4:40 error E_COMMAND_POSITION: ");
  });
});

describe("parameters", () => {
  const required = (parameters: string, steps: string) =>
    read(withHead(`parameters: {${parameters}}\nsteps:\n${steps}`))
      .template.parameters.filter((each) => each.required)
      .map(({ name }) => name);
  const use = (name: string, rest = "") =>
    `  - {type: command, name: "${name} ${rest.length}", command: 'echo \${${name}}'${rest}}\n`;

  test("that nothing uses are warned of", () => {
    expect(
      faultsOf(withHead("parameters:\n  p: 1\n  q: 2\nsteps: [{type: delay, name: a, seconds: '${q}'}]\n")),
    ).toEqual(["3:3 warning unused-parameter: nothing uses the parameter `p`"]);
  });

  test("must be given where a step that always runs uses their value", () => {
    expect(required('a: "", b:', use("a") + use("b"))).toEqual(["a", "b"]);
    expect(required('a: ""', use("a", ", when: a"))).toEqual([]);
    expect(
      required('a: ""', `  - {type: foreach, name: f, items: [x], steps: [{type: command, command: 'echo \${a}'}]}\n`),
    ).toEqual([]);
    expect(
      required('a: ""', `  - {type: parallel, name: f, branches: {x: [{type: command, command: 'echo \${a}'}]}}\n`),
    ).toEqual(["a"]);
    expect(
      required(
        'a: ""',
        `  - {type: wait_for, name: f, condition: "true", steps: [{type: command, command: 'echo \${a}'}]}\n`,
      ),
    ).toEqual(["a"]);
    expect(
      required(
        'a: ""',
        `  - {type: conditional, name: f, condition: "true", steps: [{type: command, command: 'echo \${a}'}]}\n`,
      ),
    ).toEqual([]);
    expect(
      required('a: ""', `  - {type: delay, name: f, seconds: 1, undo: [{type: command, command: 'echo \${a}'}]}\n`),
    ).toEqual([]);
  });

  test("being compared, or having another value ready, is no use of the value", () => {
    expect(required('a: ""', `  - {type: wait_for, name: f, condition: "a == 'x'"}\n`)).toEqual([]);
    expect(
      required('a: ""', `  - {type: command, name: f, command: "echo \${a || 'x'} \${default(a, 'y')}"}\n`),
    ).toEqual([]);
    expect(required('a: "", b: ""', `  - {type: command, name: f, command: "echo \${a == 'x' ? b : 'c'}"}\n`)).toEqual([
      "b",
    ]);
  });

  test("a step's output of the name counts as given from then on", () => {
    const sets = "  - {type: set, name: s, values: {a: 1}}\n";
    expect(required('a: ""', sets + use("a"))).toEqual([]);
    expect(required('a: ""', use("a") + sets)).toEqual(["a"]);
    const inLoop = "  - {type: foreach, name: s, items: [x], steps: [{type: set, values: {a: 1}}]}\n";
    expect(required('a: ""', inLoop + use("a"))).toEqual(["a"]);
  });

  test("prerequisites need theirs in any case", () => {
    const text = withHead(
      "parameters: {a: '', b: ''}\nprerequisites: [{check: c, command: 'test -n ${a}', when: 1}]\nsteps: [{type: delay, name: s, seconds: 1, when: b}]\n",
    );
    const { template } = read(text.replace(", when: 1}]", "}]"));
    expect(template.parameters.map(({ name, required: must }) => [name, must])).toEqual([
      ["a", true],
      ["b", false],
    ]);
  });

  test("the long form's word counts", () => {
    expect(required("a: {required: false}, b: {required: true}, c: {type: string}", use("a") + use("c"))).toEqual([
      "b",
      "c",
    ]);
    expect(required("a: {required: true, default: x}", use("a"))).toEqual([]);
  });
});
