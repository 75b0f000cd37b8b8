/** jsep keeps its settings in its class, shared by the whole program, and types only its one function. */
import library from "jsep";
import type { Tree } from "./grammar.ts";

type Settings = {
  binary_ops: Record<string, number>;
  unary_ops: Record<string, number>;
  max_unop_len: number;
  right_associative: Set<string>;
  additional_identifier_chars: Set<string>;
  literals: Record<string, unknown>;
  this_str: string;
  hooks: object;
};

/** What of the parser's class grammar.ts builds on. A token or an expression that is not there is `false`. */
declare class Parser {
  constructor(text: string);
  readonly expr: string;
  index: number;
  readonly char: string;
  readonly code: number;
  gobbleSpaces(): void;
  gobbleExpression(): Tree | false;
  gobbleBinaryExpression(): Tree | false;
  gobbleBinaryOp(): string | false;
  gobbleToken(): Tree | false;
  gobbleTokenProperty(tree: Tree): Tree;
  gobbleIdentifier(): Tree;
  gobbleStringLiteral(): Tree;
  gobbleArguments(end: number): Tree[];
  gobbleGroup(): Tree;
  throwError(message: string): never;
}

export const { Jsep } = library as unknown as { Jsep: typeof Parser & Settings };

/** Our settings hold for the length of one parse: nobody else who uses jsep meets them, nor we theirs. */
export function withSettings<Result>(ours: Settings, parse: () => Result): Result {
  const keys = Object.keys(ours) as (keyof Settings)[];
  const theirs = Object.fromEntries(keys.map((key) => [key, Jsep[key]]));
  Object.assign(Jsep, ours);
  try {
    return parse();
  } finally {
    Object.assign(Jsep, theirs);
  }
}
