import { resolve } from "node:path";
import { readRegular } from "../core/files.ts";
import { messageOf, problem } from "../core/problem.ts";
import { forbiddenKeys, type Value } from "../core/value.ts";
import type { Given } from "../template/parameters.ts";

/** `key=value`, `key:=json` and `key=@file` as they were typed. Throws `usage` with every fault at once. */
export function typedParameters(words: readonly string[], cwd: string): Record<string, Given> {
  const given: Record<string, Given> = Object.create(null);
  const faults: string[] = [];
  for (const word of words) {
    const equals = word.indexOf("=");
    const isJson = word[equals - 1] === ":";
    const name = word.slice(0, isJson ? equals - 1 : Math.max(0, equals));
    if (name === "" || forbiddenKeys.has(name)) faults.push(`${JSON.stringify(word)} is not of the form name=value`);
    else if (Object.hasOwn(given, name)) faults.push(`${name} is given twice`);
    else {
      try {
        given[name] = read(word.slice(equals + 1), isJson, cwd);
      } catch (cause) {
        faults.push(`${name}: ${messageOf(cause)}`);
      }
    }
  }
  if (faults.length === 0) return given;
  throw problem({
    kind: "usage",
    message: faults.join("\n"),
    hint: "Parameters are name=value, name:=JSON, or name=@FILE for a file's text",
  });
}

function read(text: string, isJson: boolean, cwd: string): Given {
  if (isJson) return { json: JSON.parse(text) as Value };
  if (!text.startsWith("@") || text === "@") return { text };
  // An editor's last line end is no part of the value.
  const file = resolve(cwd, text.slice(1));
  const found = readRegular(file);
  if (!found) throw new Error(`there is no file ${file}`);
  return { text: found.text.replace(/\r?\n$/, "") };
}
