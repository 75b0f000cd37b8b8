/** Cuts the power at many places of a recording and looks at what is left each time. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fate, openDisk } from "./disk.ts";
import type { Act, Recording } from "./record.ts";
import { writeTree } from "./tree.ts";

export type Loss = {
  cuts: number;
  /** The acts to cut behind, where only some are of interest. */
  behind?: (act: Act) => boolean;
  seed: number;
  /** What the disk forgets: `unsynced` is what disks do; a disk that lies forgets what was synced as well. */
  forgets: "unsynced" | "nothing" | "synced-too";
  /** The folder in the recording that comes back after the cut. */
  folder: string;
};

/** `left` is the folder after the cut, `said` what the program had acknowledged before. Answers with what is wrong. */
export type Judge = (left: string, said: readonly string[]) => string[] | Promise<string[]>;

/** What was found wrong, with the place and what to set to see it again. */
export async function losePower({ base, acts }: Recording, loss: Loss, judge: Judge): Promise<string[]> {
  const { seed, forgets, folder } = loss;
  const disk = openDisk(base);
  const said: string[] = [];
  const faults: string[] = [];
  const random = randomFrom(seed);
  const aside = realpathSync(mkdtempSync(join(tmpdir(), "garza-power-")));
  let done = 0;
  try {
    for (const cut of chooseCuts(acts, loss, random)) {
      for (; done < cut; done++) {
        const act = acts[done];
        if (act?.kind === "said") said.push(act.line);
        if (act && !(act.kind === "sync" && forgets === "synced-too")) disk.apply(act, done);
      }
      const left = join(aside, "left");
      writeTree(disk.afterPowerLoss(forgets === "nothing" ? everything : fateOf(random)), folder, left);
      const found = await judge(left, said);
      faults.push(...found.map((fault) => `SEED=${seed}, power lost before act ${cut} of ${acts.length}: ${fault}`));
      rmSync(left, { recursive: true });
    }
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return faults;
}

const isAny = () => true;
/** Acknowledgements, where it counts most; what is more than a write, which is rare. */
const ofInterest = [isAny, ({ kind }: Act) => kind === "said", ({ kind }: Act) => kind !== "said" && kind !== "write"];

/** Places in order, as many behind each kind of act. */
function chooseCuts(acts: readonly Act[], { cuts, behind }: Loss, random: () => number): number[] {
  const places = (behind ? [behind] : ofInterest).map((isWanted) =>
    acts.flatMap((act, place) => (isWanted(act) ? [place + 1] : [])),
  );
  return Array.from({ length: cuts }, (_, number) => {
    const among = places[number % places.length] ?? [];
    return among[Math.floor(random() * among.length)] ?? 0;
  }).sort((a, b) => a - b);
}

const everything: Fate = { isKept: () => true, isSectorKept: () => () => true };

/** Sometimes nearly all of the cache reached the disk, sometimes nearly nothing: each leaves other ruins. */
function fateOf(random: () => number): Fate {
  const [kept, torn] = [random(), random()];
  const isKept = () => random() < kept;
  return {
    isKept,
    isSectorKept() {
      if (random() < torn) return isKept;
      const whole = isKept();
      return () => whole;
    },
  };
}

/** Mulberry32: numbers from 0 to 1, the same ones for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
