/** What is wrong with the text of an expression, and where: a fault of the template, found when it is read. */
export class ExpressionError extends Error {
  override name = "ExpressionError";
  /** Index into the text that was read, from 0. */
  readonly offset: number;
  readonly hint: string | undefined;
  /** Stable, for machines. */
  readonly code: string;

  constructor(message: string, offset: number, hint?: string, code = "expression") {
    super(message);
    this.offset = offset;
    this.hint = hint;
    this.code = code;
  }
}

const slips = new Map([
  ["=", "Equality is written ==."],
  ["is", "Equality is written ==."],
  ["&", "Write && or AND."],
  ["|", "Write || or OR; functions are called like default(x, 'y')."],
  ["and", "Write AND or &&."],
  ["or", "Write OR or ||."],
  ["not", "Write NOT or !."],
]);

/** The error for whatever stands at an index where it can't stand. */
export function unexpected(text: string, at: number): ExpressionError {
  const [word] = /^(?:[\p{L}_][\p{L}\p{N}_]*|.)/su.exec(text.slice(at, at + 40)) ?? [];
  if (word === undefined) return new ExpressionError("the expression ends too early", at);
  return new ExpressionError(`unexpected ${JSON.stringify(word)}`, at, slips.get(word));
}
