/**
 * How far someone has got in what is told of an operation: `12`, or where steps were printing then, or operations
 * ran within it, `12:3.140.0,op_01AB@7,op_01AB@2.10.0`. The first number is the operation's own last event. Then
 * `row.out.err`: the attempt of a step that has not ended, and the bytes of its two streams; `operation@event` and
 * `operation@row.out.err`: the same of an operation within it.
 */
export type Position = {
  sequence: number;
  /** By operation within it: its last event. */
  nested: Map<string, number>;
  outputs: OutputPosition[];
};

export type OutputPosition = { operation: string; row: number; out: number; err: number };

const number = "\\d{1,15}";
const printing = `(?:\\w{1,40}@)?${number}\\.${number}\\.${number}`;
const part = `(?:\\w{1,40}@${number}|${printing})`;
/** Every position, and nothing else. */
export const positionPattern = new RegExp(`^${number}(?::${part}(?:,${part})*)?$`);
/** Characters: some hundred steps that print at once. */
export const longestPosition = 8000;

/** `text` has the pattern; `operation` is the one that is followed. */
export function readPosition(text: string, operation: string): Position {
  const [sequence = "0", parts = ""] = text.split(":");
  const position: Position = { sequence: Number(sequence), nested: new Map(), outputs: [] };
  for (const each of parts.split(",").filter(Boolean)) {
    const [within, counted] = each.includes("@") ? (each.split("@") as [string, string]) : [operation, each];
    const [first = 0, out, err] = counted.split(".").map(Number);
    if (out === undefined || err === undefined) position.nested.set(within, first);
    else position.outputs.push({ operation: within, row: first, out, err });
  }
  return position;
}

export function writePosition({ sequence, nested, outputs }: Position, operation: string): string {
  const parts = [
    ...[...nested].map(([within, last]) => `${within}@${last}`),
    ...outputs.map(({ operation: at, row, out, err }) => `${at === operation ? "" : `${at}@`}${row}.${out}.${err}`),
  ];
  return parts.length === 0 ? String(sequence) : `${sequence}:${parts.join(",")}`;
}
