/** Run as a process of its own by the test: appends and updates, so that writers meet. */
import { systemClock } from "../../src/core/clock.ts";
import { openStateFiles } from "../../src/state/open-state-files.ts";

const [root = "", name = "", count = "0"] = process.argv.slice(2);
const state = openStateFiles({ root, clock: systemClock });
for (let i = 0; i < Number(count); i++) {
  await state.append("operations.json", { by: name }, `${name}-${i}`);
  await state.update("counts.json", [{ path: [name, String(i)], text: "", value: i }]);
}
