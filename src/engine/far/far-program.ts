import { checkedVariables } from "../../core/environment.ts";
import { type FarStart, scriptPlace } from "../../hosts/far/far-process.ts";
import { throughSudo } from "../../steps/as-user.ts";
import type { FarRequest } from "../../steps/step.ts";

/** Where the request goes, and what is started there; `more` are variables of ours. */
export function farProgramOf(
  { host, user, become, run, directory, env, stdin }: FarRequest,
  more: Readonly<Record<string, string>>,
) {
  const variables = checkedVariables({ ...env, ...more });
  const where = { ...(directory !== undefined && { directory }) };
  return { host, user, become, start: { ...startOf(), ...where } satisfies FarStart };

  function startOf(): FarStart {
    const input = stdin === undefined ? {} : { stdin };
    if ("text" in run) {
      const argv = [...run.interpreter, scriptPlace, ...run.args] as const;
      return { argv: argv as FarStart["argv"], script: run.text, isFile: true, env: variables, ...input };
    }
    const { script, shell } = run;
    if (become === undefined) return { argv: [shell, scriptPlace], script: script.text, env: variables, ...input };
    const sudo = throughSudo(become, { text: script.text, shell, env: variables, stdin });
    return { argv: sudo.argv, stdin: sudo.input, env: {} };
  }
}
