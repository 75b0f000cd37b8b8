/** Help on a narrow terminal: broken between words, and continued below where the text of its line began. */

/** What fits stays as it is, and so does what is to be typed. */
export function narrow(text: string, width: number): string {
  if (!Number.isFinite(width)) return text;
  return paragraphs(text, width)
    .flatMap((line) => broken(line, width))
    .join("\n");
}

/** Lines that were broken for a wider terminal are one again. */
function paragraphs(text: string, width: number): string[] {
  const lines: string[] = [];
  let isOpen = false;
  for (const line of text.split("\n")) {
    const isPlain = /^\S/.test(line);
    if (isOpen && isPlain) lines.push(`${lines.pop()} ${line}`);
    else lines.push(line);
    isOpen = isPlain && (isOpen || Bun.stringWidth(line) > width);
  }
  return lines;
}

function broken(line: string, width: number): string[] {
  const [, before = ""] = /^(\s*\S.*?\s{2,})\S/.exec(line) ?? [];
  const indent = " ".repeat(before.length);
  // A command, or a table that leaves no room.
  if (Bun.stringWidth(line) <= width || (/^\s/.test(line) && before === "") || width - indent.length < 20)
    return [line];
  const [first = "", ...below] = Bun.wrapAnsi(line.slice(before.length), width - indent.length).split("\n");
  return [before + first, ...below.map((row) => indent + row)];
}
