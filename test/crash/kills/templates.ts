/** Operations at random, each with what it has to leave behind when it succeeds. */
import fc from "fast-check";

export type Expects = {
  /** Where it ends: its status, and the step that failed. */
  end: "success" | "failed in break";
  /** Names of effects that have to be there once. */
  once: string[];
  /** At least once: of steps that may be run again. */
  atLeastOnce: string[];
  /** Parts that leave a value in the state file, an entry in the log of operations. */
  remembered: string[];
  logged: string[];
};

export type Generated = { text: string; priority: number; expects: Expects };

type Step = Record<string, unknown>;
type Part = { steps: Step[] } & Partial<Omit<Expects, "end">>;
/** `name` is the part's own; `within`: what the operation may not share meanwhile. */
type Place = { name: string; ms: number; within: string };

const id = "${operation.id}";

/** One line when it begins and one when it ends, each written at once: `RUN begin OPERATION NAME WITHIN`. */
const mark = (what: "begin" | "end", name: string, within: string) =>
  `echo "$GARZA_RUN ${what} ${id} ${name} ${within}" >> effects`;
const effect = (name: string, { ms, within }: Place, between = `sleep ${ms / 1000}`) =>
  `${mark("begin", name, within)}; ${between}; ${mark("end", name, within)}`;
const command = (name: string, place: Place, more: Step = {}): Step => ({
  type: "command",
  name,
  command: effect(name, place),
  ...more,
});

/** A few ways to use each thing that the language has for steps. */
const parts = {
  plain: (at) => {
    // It may be run when the lock has been given back.
    const undo = command(`undo-${at.name}`, { ...at, within: "-" });
    return { steps: [command(at.name, at, { undo: [undo] })], once: [at.name] };
  },
  several: (at) => {
    const names = ["one", "two"].map((word) => `${at.name}-${word}`);
    return {
      steps: [{ type: "command", name: at.name, commands: names.map((name) => effect(name, at)) }],
      once: names,
    };
  },
  script: (at) => ({
    steps: [
      {
        type: "script",
        name: at.name,
        script: "scripts/effect.sh",
        args: [id, at.name, String(at.ms / 1000), at.within],
      },
    ],
    once: [at.name],
  }),
  /** Fails the first time. */
  retried: (at) => ({
    steps: [
      {
        type: "command",
        name: at.name,
        command: effect(at.name, at, `mkdir "marks/${id}-${at.name}" 2>/dev/null && exit 1; sleep ${at.ms / 1000}`),
        retries: 2,
        retry_delay: "20ms",
      },
    ],
    once: [at.name],
  }),
  /** Its wrapper dies the first time, so that nobody can tell what it did. */
  again: (at) => ({
    steps: [
      {
        type: "command",
        name: at.name,
        command: effect(
          at.name,
          at,
          `mkdir "marks/${id}-${at.name}" 2>/dev/null && kill -9 $PPID; sleep ${at.ms / 1000}`,
        ),
        idempotent: true,
        retries: 2,
        retry_delay: "20ms",
      },
    ],
    atLeastOnce: [at.name],
  }),
  loop: (at) => loop(at, false),
  parallelLoop: (at) => loop(at, true),
  branches: (at) => {
    const names = ["left", "middle", "right"].map((word) => `${at.name}-${word}`);
    return {
      steps: [
        {
          type: "parallel",
          name: at.name,
          branches: Object.fromEntries(names.map((name) => [name, [command(name, at)]])),
        },
      ],
      once: names,
    };
  },
  /** Judged once, before it begins: what it does changes the answer. */
  judged: (at) => {
    const made = `marks/${id}-${at.name}`;
    const loops = [
      { name: `never-${at.name}`, when: "1 == 2" },
      { name: at.name, check: `test -e "${made}"` },
    ].map((how) => ({
      type: "foreach",
      items: ["a", "b"],
      as: "letter",
      steps: [{ type: "command", command: `${effect(`${at.name}-\${letter}`, at)}; mkdir -p "${made}"` }],
      ...how,
    }));
    return {
      steps: [
        ...loops,
        { type: "aggregate_results", name: `report-${at.name}`, from: at.name, output: `report_${at.name}` },
      ],
      once: [`${at.name}-a`, `${at.name}-b`],
    };
  },
  /** What a step said decides which way is taken, and is used later. */
  later: (at) => {
    const [said, kept, used] = [`said_${at.name}`, `kept_${at.name}`, `used-made-${at.name}-kept`];
    return {
      steps: [
        { type: "command", name: at.name, command: `${effect(at.name, at)}; echo made-${at.name}`, output: said },
        { type: "set", name: `set-${at.name}`, values: { [kept]: `\${${said}}-kept` } },
        {
          type: "conditional",
          name: `choose-${at.name}`,
          condition: `\${${said}} == 'made-${at.name}'`,
          steps: [{ type: "command", command: effect(`used-\${${kept}}`, at) }],
          else: [{ type: "command", command: effect(`wrong-${at.name}`, at) }],
        },
      ],
      once: [at.name, used],
    };
  },
  remember: (at) => ({
    steps: [
      {
        type: "state_update",
        name: at.name,
        file: "made.json",
        updates: { [`.operations.${id}.${at.name}`]: "done", [`.operations.${id}.last`]: at.name },
      },
    ],
    remembered: [at.name],
  }),
  log: (at) => ({
    steps: [
      {
        type: "operation_log",
        name: at.name,
        entry: { operation: "crash", target: `${id}-${at.name}`, status: "success" },
      },
    ],
    logged: [at.name],
  }),
  child: (at) => ({ steps: [{ type: "load_operation", name: at.name, template: "test/child" }] }),
  pause: (at) => ({ steps: [{ type: "delay", name: at.name, duration: `${at.ms}ms` }] }),
  wait: (at) => ({
    steps: [
      {
        type: "wait_for",
        name: at.name,
        condition: `seen_${at.name} == 'yes'`,
        interval: "40ms",
        steps: [{ type: "command", command: `${effect(at.name, at)}; echo yes`, output: `seen_${at.name}` }],
      },
    ],
    atLeastOnce: [at.name],
  }),
} satisfies Record<string, (at: Place) => Part>;

function loop(at: Place, parallel: boolean): Part {
  const items = ["a", "b", "c"];
  return {
    steps: [
      {
        type: "foreach",
        name: at.name,
        items,
        as: "letter",
        parallel,
        steps: [
          { type: "command", command: `${effect(`${at.name}-\${letter}`, at)}; echo got-\${letter}`, output: "got" },
          { type: "command", command: effect(`${at.name}-\${got}`, { ...at, ms: 10 }) },
        ],
      },
    ],
    once: items.flatMap((letter) => [`${at.name}-${letter}`, `${at.name}-got-${letter}`]),
  };
}

const kinds = Object.keys(parts) as (keyof typeof parts)[];
type Chosen = { kind: keyof typeof parts; ms: number }[];
type Plan = {
  /** One after the other, each under its lock. */
  sections: { lock: string | null; chosen: Chosen }[];
  group: string | null;
  priority: number;
  /** Its last step does, so that it takes the way back. */
  fails: boolean;
};

/** Steps of `longestMs` at most. Locks are taken in an order that is the same for all: no two wait for each other. */
export function operations({ mostParts = 4, longestMs = 120 } = {}): fc.Arbitrary<Generated> {
  const part = fc.record({ kind: fc.constantFrom(...kinds), ms: fc.integer({ min: 1, max: longestMs }) });
  const chosenParts = fc.array(part, { minLength: 1, maxLength: mostParts });
  const sectionsUnder = (locks: string[]) =>
    fc.tuple(...[null, ...locks].map((lock) => chosenParts.map((chosen) => ({ lock, chosen }))));
  return fc
    .record({
      sections: fc.subarray(["a", "b", "c"], { maxLength: 2 }).chain(sectionsUnder),
      group: fc.constantFrom(null, null, null, null, "one", "two"),
      priority: fc.integer({ min: 0, max: 9 }),
      fails: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
    })
    .map(generate);
}

function generate({ sections, group, priority, fails }: Plan): Generated {
  const outer = group === null ? [] : [`group:${group}`];
  const all = sections.flatMap(({ lock, chosen }, section): Part[] => {
    const within = [...outer, ...(lock === null ? [] : [`lock:${lock}`])].join() || "-";
    const made = chosen.map(({ kind, ms }, at): Part => parts[kind]({ name: `p${section}${at}`, ms, within }));
    if (lock === null) return made;
    const take = { type: "lock", name: `take-${lock}`, resource: lock, wait: "10m" };
    return [{ steps: [take] }, ...made, { steps: [{ type: "unlock", name: `leave-${lock}`, resource: lock }] }];
  });
  if (fails) all.push({ steps: [{ type: "command", name: "break", command: "exit 3" }] });
  const steps = all.flatMap((part) => part.steps);
  const undone = fails ? steps.flatMap(({ name, undo }) => (undo ? [`undo-${name}`] : [])) : [];
  const concurrency = group === null ? {} : { concurrency_group: group };
  const end = command("end", { name: "end", ms: 10, within: outer.join() || "-" });
  const template = {
    operation: { name: "crash", type: "maintain", description: "Leaves effects", ...concurrency },
    steps,
    rollback: { on_failure: [end] },
  };
  return {
    text: JSON.stringify(template),
    priority,
    expects: {
      end: fails ? "failed in break" : "success",
      once: [...all.flatMap(({ once = [] }) => once), ...undone, ...(fails ? ["end"] : [])],
      atLeastOnce: all.flatMap(({ atLeastOnce = [] }) => atLeastOnce),
      remembered: all.flatMap(({ remembered = [] }) => remembered),
      logged: all.flatMap(({ logged = [] }) => logged),
    },
  };
}

/** What the templates find in the repository. */
export const files = {
  "operations/test/child.yml": JSON.stringify({
    operation: { name: "child", type: "maintain", description: "Leaves effects within another" },
    steps: [
      { type: "lock", name: "take", resource: "inner", wait: "10m" },
      command("child-first", { name: "", ms: 30, within: "lock:inner" }),
      command("child-second", { name: "", ms: 30, within: "lock:inner" }),
    ],
  }),
  "scripts/effect.sh": `#!/bin/sh
echo "$GARZA_RUN begin $1 $2 $4" >> effects; sleep "$3"; echo "$GARZA_RUN end $1 $2 $4" >> effects
`,
  "marks/.gitignore": "*\n",
  effects: "",
};
