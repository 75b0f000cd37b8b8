/** Places whose text is read once more, as a program: `eval`, `sh -c`, `ssh HOST …`, `awk`, … */
import type { Invocation } from "../invocations.ts";
import { isGiven } from "../known.ts";
import type { Word } from "../syntax.ts";
import { assignmentArgument, leading, literal } from "../words.ts";
import { isInterpreter, isShell, programText } from "./interpreters.ts";
import type { Place } from "./place.ts";

export function* programPlaces(
  { program, name = "", args }: Invocation,
  arrays: ReadonlySet<string>,
): Generator<Place> {
  for (const word of programText(name, args).words) yield programPlace(word, name);
  if (name === "" && isGiven(program)) yield* behindGiven(args);
  if (!namesShells.test(name)) yield* behindUnknown(args);
  if (name === "alias") for (const word of args) yield* assigned(word, () => true);
  if (declares.test(name)) for (const word of args) yield* assigned(word, isRun);
  if (declares.test(name)) yield* arrayTexts(name, args, arrays);
}

export function programPlace({ start, pieces }: Word, name: string): Place {
  return {
    code: "E_REEVAL",
    index: start,
    pieces,
    deep: true,
    where: `in text that ${name} runs`,
    hint: hintFor(name),
  };
}

function hintFor(name: string): string {
  if (name === "ssh") return "Use an ssh_command step with host:, or send the value on standard input.";
  if (name === "trap") return "Give it a name first: v=${x}; trap 'command \"$v\"' EXIT";
  if (/awk$/.test(name)) return `Hand it over: ${name} -v v=\${x} '… v …', or use env: and ENVIRON["V"].`;
  if (name === "jq") return "Hand it over: jq --arg v ${x} '… $v …'";
  if (/sed$/.test(name)) return "sed has no variables: use awk -v v=${x}, or write the file anew.";
  if (isInterpreter(name) && !isShell(name)) return "Use env: and read the variable there, or give it as an argument.";
  return "Hand it over as an argument: sh -c 'command \"$1\"' _ ${x}, or use env:.";
}

/** Commands whose arguments may well be a shell's name and a -c that has nothing to do with it. */
const namesShells =
  /^(?:echo|printf|[ef]?grep|rg|test|\[|\[\[|logger|user(?:add|mod)|adduser|chsh|apt|apt-get|apk|dnf|yum|brew)$/;

/** `docker run IMAGE sh -c …`: a shell or an interpreter somewhere among the arguments. */
function* behindUnknown(args: Word[]): Generator<Place> {
  for (const [i, word] of args.entries()) {
    const text = (literal(word) ?? "").replace(/^--entrypoint=/, "");
    const name = /^[\w./]+$/.test(text) ? text.replace(/^.*\//, "") : "";
    if (!isInterpreter(name)) continue;
    const rest = args.slice(i + 1);
    const isEntrypoint = text !== literal(word) || literal(args[i - 1]) === "--entrypoint";
    const dashC = isEntrypoint ? rest.findIndex((each) => /^-[a-zA-Z]*[ce]$/.test(literal(each) ?? "")) : 0;
    for (const program of programText(name, rest.slice(Math.max(0, dashC))).words) yield programPlace(program, name);
  }
}

/** `$s -c "… ${x}"`: who knows whether that is a shell. */
function* behindGiven(args: Word[]): Generator<Place> {
  for (const [i, word] of args.entries()) {
    const next = args[i + 1];
    if (!leading(word).startsWith("-")) return;
    if (next && /^-[a-zA-Z]*[ce]$/.test(literal(word) ?? "")) yield programPlace(next, "the command");
  }
}

/** `declare -a v="(…)"`: bash reads the text once more, as the words of a list. */
function* arrayTexts(name: string, args: Word[], arrays: ReadonlySet<string>): Generator<Place> {
  for (const word of args) {
    const found = assignmentArgument(word);
    if (!found || !arrays.has(found.name)) continue;
    const text = leading({ ...word, pieces: found.value });
    const [first] = found.value.filter((piece) => piece.kind !== "text" || piece.text !== "");
    if (text.startsWith("(") || first?.kind === "slot") {
      yield {
        ...programPlace({ ...word, pieces: found.value }, name),
        hint: `Write ${name} -a ${found.name}=(\${x}).`,
      };
    }
  }
}

const declares = /^(?:export|readonly|local|declare|typeset)$/;

/** Variables whose value a shell, or git, runs. */
const isRun = (name: string) =>
  /^(?:PS[0-9]|R?PROMPT\w*|ENV|BASH_ENV|BASH_FUNC\w*|GIT_(?:SSH_COMMAND|EDITOR|PAGER|SEQUENCE_EDITOR|EXTERNAL_DIFF|PROXY_COMMAND|ASKPASS)|EDITOR|VISUAL|PAGER|LESSOPEN|LESSCLOSE)$/.test(
    name,
  );

export const runAssignment = (word: Word): Generator<Place> => assigned(word, isRun);

function* assigned(word: Word, runs: (name: string) => boolean): Generator<Place> {
  const found = assignmentArgument(word);
  if (!found || !runs(found.name)) return;
  const place = programPlace({ start: word.start, pieces: found.value }, found.name);
  yield {
    ...place,
    where: `in ${found.name}, whose value is run`,
    hint: "Write a script, and give it the value as an argument.",
  };
}
