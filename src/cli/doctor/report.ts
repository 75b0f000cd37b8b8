import { showSafe } from "../../core/redact.ts";
import { type Paint, table } from "../output.ts";
import type { Finding } from "./check.ts";

/** A line a finding, with what to do below it, and their number. */
export function report(found: readonly Finding[], paint: Paint): string {
  const level = { ok: paint.good("ok"), warn: paint.odd("warn"), fail: paint.bad("FAIL") };
  const rows = table(found.map((each) => [level[each.level], each.check, showSafe(each.message)])).split("\n");
  const lines = found.flatMap(({ remedy }, at) => [
    rows[at] ?? "",
    ...(remedy ? [`      -> ${showSafe(remedy)}`] : []),
  ]);
  const count = (wanted: Finding["level"]) => found.filter((each) => each.level === wanted).length;
  return `${lines.join("\n")}\n\n${count("ok")} ok, ${count("warn")} to look at, ${count("fail")} failed\n`;
}
