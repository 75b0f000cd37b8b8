import { GarzaError } from "../../core/problem.ts";
import { loadSettings } from "../../core/settings.ts";
import { type Finding, fail, ok, type Patient } from "./check.ts";

/** Each setting, and where its value came from. */
export async function checkSettings({ places, terminal }: Patient): Promise<Finding[]> {
  if (!places) return [];
  try {
    const settings = Object.entries(loadSettings(places, terminal.env));
    return settings.map(([name, setting]) => ok("setting", `${name} = ${setting?.value} (${setting?.from})`));
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    return [fail("settings", thrown.message, "Correct the file; every setting has a default")];
  }
}
