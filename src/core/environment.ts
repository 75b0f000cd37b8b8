/** The environment that children get: the agent's, without what would change how a program or shell works. */
import { problem } from "./problem.ts";

const droppedNames: ReadonlySet<string> = new Set(
  (
    "IFS ENV BASH_ENV CDPATH SHELLOPTS BASHOPTS PS4 PWD OLDPWD SHLVL _ " +
    // What the service manager says to the agent alone: a step that answered it would speak for the agent.
    "NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID LISTEN_FDS LISTEN_PID LISTEN_FDNAMES JOURNAL_STREAM CREDENTIALS_DIRECTORY"
  ).split(" "),
);
/** Not kept even where a step asks for them: they change how the shell reads a script. */
const shellNames: ReadonlySet<string> = new Set("IFS ENV BASH_ENV SHELLOPTS BASHOPTS PS4".split(" "));
const droppedPrefixes = ["BUN_", "LD_", "GIT_", "DYLD_", "BASH_FUNC_", "__garza_"];

const fallbackPath = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/** `own` is what the step's author asks for; it wins. Throws `value-refused` for a name or value that can't be one. */
export function childEnvironment(
  base: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const environment: Record<string, string> = { PATH: fallbackPath };
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !isDropped(name)) environment[name] = value;
  }
  return { ...environment, ...checkedVariables(own) };
}

/** What the step's author asks for, alone. Throws `value-refused` for a name or value that can't be one. */
export function checkedVariables(own: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, value] of Object.entries(own)) checkVariable(name, value);
  return { ...own };
}

const isDropped = (name: string) => droppedNames.has(name) || droppedPrefixes.some((prefix) => name.startsWith(prefix));

function checkVariable(name: string, value: string): void {
  const refuse = (code: string, message: string) =>
    problem({ kind: "value-refused", code, where: `env: ${name}`, message });
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw refuse("E_ENV_NAME", "this can't be a variable's name");
  if (shellNames.has(name)) throw refuse("E_ENV_NAME", "this variable changes how the shell reads its script");
  if (value.includes("\0")) throw refuse("E_NUL", "the value holds a NUL");
}
