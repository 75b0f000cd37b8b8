/** Runs a script as another user of this machine, by `sudo`, which must not have to ask. */
import { userInfo } from "node:os";
import type { ProcessRequest } from "./step.ts";

type ScriptRequest = ProcessRequest & { run: { script: { text: string }; shell: string } };

/** The request as it is for nobody in particular, and for the user that we are. */
export function asUser(user: string | undefined, request: ScriptRequest): ProcessRequest {
  if (user === undefined || user === userInfo().username) return request;
  const { run, env = {}, stdin, ...rest } = request;
  // sudo closes every other descriptor and drops the environment: all of it goes in by standard input,
  // read to its end before anything of it runs.
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  const input = stdin === undefined ? ":" : `printf %s ${quote(stdin)}`;
  const text = `${variables.join("")}${input} | {\n${run.script.text}\n}\n`;
  return { ...rest, run: { program: "sudo", args: ["-n", "-u", user, "--", run.shell, "-s"] }, stdin: text };
}

const quote = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;
