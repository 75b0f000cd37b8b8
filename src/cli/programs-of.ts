import { type Step, type Template, walkSteps } from "../template/template.ts";

/** Words with which a command line begins, and that are no programs to be looked for. */
const shellWords: ReadonlySet<string> = new Set(
  (
    "if then else elif fi for while until do done case esac in select function time { } ( ) ! [ [[ . : break cd command " +
    "continue echo eval exec exit export false hash local printf pwd read readonly return set shift source test times trap " +
    "true type ulimit umask unalias unset wait"
  ).split(" "),
);

/** The programs that a template's commands call on this machine, as far as their text tells. */
export function programsOf({ steps, rollback, prerequisites }: Template): string[] {
  const checks = prerequisites.flatMap(({ host, command }) => (host === undefined && command ? [command] : []));
  const scripts = [...walkSteps([...steps, ...rollback.steps])].flatMap(localScripts);
  return [...new Set([...checks, ...scripts].flatMap(firstWords))].sort();
}

function localScripts({ type, config }: Step): string[] {
  const isLocal = type === "command" || (type === "ssh_command" && config.host === undefined);
  const written = [config.command, ...(Array.isArray(config.commands) ? config.commands : [])];
  return isLocal ? written.filter((text) => typeof text === "string") : [];
}

/** The first word of each simple command. What is quoted, substituted or a here-document is not looked into. */
export function firstWords(script: string): string[] {
  const bare = script
    .replace(/<<-?\s*(['"]?)(\w+)\1(.*)\n(?:[\s\S]*?\n)?\s*\2$/gm, "$3")
    .replace(/\\\n/g, " ")
    .replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, "''")
    .replace(/(^|\s)#.*$/gm, "");
  const commands = bare.split(/\n|&&|\|\||[;|&]|\$\(|`/);
  return commands.map(firstWord).filter((word) => word !== undefined);
}

function firstWord(command: string): string | undefined {
  const words = command.trim().split(/\s+/);
  const first = words.find(
    (word) => !/^[A-Za-z_]\w*=/.test(word) && !/^(if|then|else|elif|while|until|do|!|\{|\()$/.test(word),
  );
  if (first === undefined || shellWords.has(first) || !/^[A-Za-z0-9_./+-]+$/.test(first) || /^[\d-]/.test(first))
    return undefined;
  return first;
}
