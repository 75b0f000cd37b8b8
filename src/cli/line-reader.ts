/** A line without an end must not be collected: it is shown in pieces of about this many characters. */
const longestLine = 64 * 1024;

/** Text in pieces to lines. A progress bar's carriage returns leave what stands there at the end. */
export function lineReader(onLine: (text: string) => void) {
  let rest = "";
  return {
    write(piece: string) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(visible(line));
      if (rest.length < longestLine) return;
      onLine(visible(rest));
      rest = "";
    },
    end() {
      if (rest !== "") onLine(visible(rest));
      rest = "";
    },
  };
}

/** Without colours, which a program may set though nobody asked for them. */
const visible = (line: string) => Bun.stripANSI(line).replace(/\r+$/, "").replace(/^.*\r/s, "");
