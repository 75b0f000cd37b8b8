/** kill -9 at one point of the journal, and of who carries on at another: then all of it is carried on to its end. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { sandbox } from "../support/sandbox.ts";
import { judge, momentOf } from "./kills/look.ts";
import { files, operations } from "./kills/templates.ts";

const tries = Number(process.env.GARZA_PAIRS ?? 2);
const seed = Number(process.env.SEED ?? 147_044);

/** About how often each is passed on the way of one operation, and one nested in it. */
const passed = { J0: 1, J1: 2, J2: 10, J3: 8, J5: 10, J6: 2 };
const points = Object.keys(passed) as (keyof typeof passed)[];

describe.each(points)("killed after %s", (first) => {
  test.each(points)(
    "and after %s, it ends as it would have",
    async (second) => {
      await using box = await sandbox({ files });
      const offset = points.indexOf(first) * points.length + points.indexOf(second);
      const pair = fc.record({
        one: fc.integer({ min: 1, max: passed[first] }),
        other: fc.integer({ min: 1, max: Math.ceil(passed[second] / 2) }),
        asked: operations({ mostParts: 3, longestMs: 5 }),
      });
      for (const { one, other, asked } of fc.sample(fc.noBias(pair), { seed: seed + offset, numRuns: tries })) {
        const { text, expects } = asked;
        await box.write("operations/crash.yml", text);
        box.env.GARZA_KILL_AT = "";
        const added = await box.garza("queue", "add", "crash", "--json");
        const { id } = JSON.parse(added.stdout) as { id: string };
        const codes: number[] = [];
        for (const at of [`${first}#${one}`, `${second}#${other}`, ""]) {
          box.env.GARZA_KILL_AT = at;
          codes.push((await box.garza("queue", "process", "2", "--until-empty")).exitCode);
        }
        // A point that the operation does not pass kills nobody.
        expect(codes.map((code) => (code === 137 ? 0 : code))).toEqual([0, 0, 0]);
        const at = `${first}#${one}, ${second}#${other}`;
        const found = { at, standing: momentOf(box).standing.get(id), faults: judge(box, [{ id, expects }]) };
        expect(found).toEqual({ at, standing: expects.end, faults: [] });
      }
    },
    240_000,
  );
});
