import { readDocument } from "./document.ts";
import { isText, nodeOf } from "./node.ts";

/** Whether a template's `operation.name` is this one. The text is read as YAML only where the name stands in it. */
export function hasOperationName(text: string, name: string): boolean {
  if (name === "" || !text.includes(name)) return false;
  const node = nodeOf(nodeOf(readDocument({ file: "", text }).root, "operation"), "name");
  return isText(node) && node.value === name;
}
