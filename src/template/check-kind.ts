import { ExpressionError, parseExpression } from "./expression.ts";

/** Whether a `check` is a condition or a command: what reads as an expression is one, all else is given to `sh`. */
export function checkKind(text: string): "condition" | "command" {
  try {
    parseExpression(text);
    return "condition";
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return "command";
    throw thrown;
  }
}
