/** Runs a script as another user of this machine, by `sudo`, which must not have to ask. */
import { userInfo } from "node:os";
import { singleQuoted } from "../core/shell-quote.ts";
import type { ProcessRequest } from "./step.ts";

type ScriptRequest = ProcessRequest & { run: { script: { text: string }; shell: string } };

/** The request as it is for nobody in particular, and for the user that we are. */
export function asUser(user: string | undefined, request: ScriptRequest): ProcessRequest {
  if (user === undefined || user === userInfo().username) return request;
  const { run, env, stdin, ...rest } = request;
  const { argv, input } = throughSudo(user, { text: run.script.text, shell: run.shell, env, stdin });
  const [program, ...args] = argv;
  return { ...rest, run: { program, args }, stdin: input };
}

type Become = {
  text: string;
  shell: string;
  env?: Readonly<Record<string, string>> | undefined;
  stdin?: string | undefined;
};

/** The program, and what it has to read. */
export function throughSudo(user: string, { text: script, shell, env = {}, stdin }: Become) {
  // sudo closes every other descriptor and drops the environment: all of it goes in by standard input,
  // read to its end before anything of it runs.
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${singleQuoted(value)}\n`);
  const input = stdin === undefined ? ":" : `printf %s ${singleQuoted(stdin)}`;
  const argv = ["sudo", "-n", "-u", user, "--", shell, "-s"] as const;
  return { argv, input: `${variables.join("")}${input} | {\n${script}\n}\n` };
}
