import { GarzaError } from "../../core/problem.ts";
import type { Call, Command } from "../command.ts";
import { type Finding, fail, type Patient } from "../doctor/check.ts";
import { asAgentSees } from "../doctor/environment.ts";
import { checks } from "../doctor/index.ts";
import { report } from "../doctor/report.ts";
import { openPlaces } from "../open.ts";
import { json, paintFor } from "../output.ts";

export const doctor: Command = {
  name: "doctor",
  takes: "",
  summary: "Check this machine and this repository",
  about:
    "Changes nothing here; at a remote it makes refs under refs/garza/probe/, and deletes them.\nPrograms and secrets are looked up as the agent's service does, where it has an agent.env.\nEnds with exit code 1 when a check fails.",
  options: [],
  examples: ["garza doctor", "garza doctor --json | jq '.[] | select(.level != \"ok\")'"],
  async run(call) {
    const { flag, terminal } = call;
    const [admitted, found] = admit(call);
    const patient = asAgentSees(admitted);
    for (const check of checks) found.push(...(await check(patient)));
    terminal.out.write(flag("json") ? json(found) : report(found, paintFor(terminal.out, terminal.env)));
    return found.some(({ level }) => level === "fail") ? 1 : 0;
  },
};

function admit(call: Call): [Patient, Finding[]] {
  const { terminal } = call;
  try {
    return [{ terminal, places: openPlaces(call) }, []];
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    const [message = "", ...remedy] = thrown.message.split("\n");
    return [{ terminal, places: null }, [fail("root", message, remedy.join(" ").trim() || "garza init")]];
  }
}
