/** Values that try to become more than a word. */
import type { Use } from "./shell-draft.ts";
import type { Values } from "./shell-oracle.ts";
import type { Random } from "./shell-random.ts";

/** Every command that a value tries to run is `touch PWNED`; every file that it tries to write is `PWNED`. */
const attacks = [
  "$(touch PWNED)",
  "`touch PWNED`",
  "; touch PWNED",
  "; touch PWNED;",
  "& touch PWNED &",
  "&& touch PWNED",
  "|| touch PWNED",
  "| touch PWNED",
  "\ntouch PWNED\n",
  "\r\ntouch PWNED\r\n",
  ">PWNED",
  "a > PWNED",
  "'; touch PWNED; '",
  "'\"'; touch PWNED; '\"'",
  '"; touch PWNED; "',
  "'$(touch PWNED)'",
  '"$(touch PWNED)"',
  "\\'; touch PWNED #",
  '\\"; touch PWNED #',
  ") ; touch PWNED; (",
  "); touch PWNED #",
  ";; esac; touch PWNED #",
  "; done; touch PWNED #",
  "\nEOF\ntouch PWNED\n",
  "EOF\ntouch PWNED",
  "\n\tEND\ntouch PWNED\nEND\n",
  "}; touch PWNED; {",
  "}\ntouch PWNED #",
  "$${touch PWNED}",
  "x[$(touch PWNED)]",
  "a[`touch PWNED`]",
  "$((x[$(touch PWNED)]))",
  '${x:-$(touch PWNED)}"',
  "$'\\'; touch PWNED #",
  "#\ntouch PWNED",
  "\\\ntouch PWNED",
] as const;

const plain = [
  "a",
  "hello world",
  "a b  c",
  "don't",
  'say "hi"',
  "tab\there",
  "line\n",
  "line\n\n",
  "one\ntwo",
  " ",
  "",
] as const;

const odd = [
  "\\",
  "\\\\",
  "a\\",
  "\\n\\0",
  "'",
  "'''",
  '"',
  "`",
  "$",
  "$$",
  "$&",
  "$1",
  "$'",
  "$`",
  "$v",
  "$IFS",
  "${IFS}",
  "${__garza_0}",
  "__garza_1",
  "$HOME",
  "~",
  "~root",
  "~/x",
  "*",
  "?",
  "*.none",
  "[a-z]*",
  "{a,b}",
  "{1..3}",
  "#",
  "# x",
  "!",
  "!!",
  "%s%n",
  "=",
  "a=b",
  "&",
  "<",
  "(",
  ")",
  "\r",
  "\x01",
  "\x7f",
  "\x1b[31m",
  "\u0081\u0088",
  "Àāȁ",
  "日本語",
  "😀",
  "\u2028",
  "\ufeff",
  "e\u0301",
  "\t\tEOF",
  "EOF",
  "END",
  "done",
  "/nonexistent/x",
  "../x",
  ".",
] as const;

const dashed = ["-", "--", "-rf", "-n", "-e", "--help", "-$(touch PWNED)", "-; touch PWNED"] as const;

/** Refused wherever they stand. */
const impossible = ["a\0b", "\ud800", "x\udfff;", "y".repeat(65_537)] as const;

function hostileText(random: Random): string {
  const kind = random.below(100);
  if (kind < 40) return random.pick(attacks);
  if (kind < 50) return random.pick(plain);
  if (kind < 65) return random.pick(odd);
  if (kind < 68) return random.pick(dashed);
  if (kind < 69) return random.pick(impossible);
  if (kind < 70) return random.pick(["'", "a", '\\"', "é"]).repeat(1 + random.below(30_000));
  return Array.from({ length: 1 + random.below(6) }, () => fragment(random)).join("");
}

export function hostileValues(uses: ReadonlyMap<string, Use>, random: Random): Values {
  const hostile = ({ kind }: Use) => {
    if (kind === "file") return hostileFileName(random);
    if (kind !== "list") return hostileText(random);
    return Array.from({ length: random.below(4) }, () => hostileText(random));
  };
  return new Map([...uses].map(([name, use]) => [name, hostile(use)]));
}

function hostileFileName(random: Random): string {
  const name = [...hostileText(random).replaceAll(/[/\0\ud800-\udfff]/gu, "_")].slice(0, 40).join("");
  return /^\.*$/.test(name) ? `f${name}` : name;
}

function fragment(random: Random): string {
  const kind = random.below(10);
  if (kind < 3) return random.pick(attacks);
  if (kind < 7) return random.pick(odd);
  return random.pick(plain);
}
