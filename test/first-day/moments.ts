/** When things happen on the page: each command a minute after the one before, whatever it took. */

export type Moments = {
  /** A command is typed. */
  next(command: string): void;
  /** Before the ids of a text are known: when the operation was first told of. */
  of(id: string): number;
  /** The text, with each time replaced by one that goes with its line. */
  put(text: string): string;
};

const start = Date.parse("2026-03-02T09:00:00Z");
const minute = 60_000;
const anyId = /\bop_[0-9A-Z]{18}\b/;
const anyTime = /\b\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d{3})?Z/g;

export function openMoments(): Moments {
  const operations = new Map<string, number>();
  const files = new Map<string, number>();
  const said = { agent: start, pause: start };
  let now = start - minute;
  let reading = start;

  const of = (id: string) => {
    const at = operations.get(id) ?? now;
    operations.set(id, at);
    return at;
  };
  /** Whose time a line tells: its operation's, or what it names. */
  const momentOf = (line: string, all: string) => {
    if (/ paused by /.test(line)) return said.pause;
    if (/^Agent /.test(line)) return said.agent;
    const [id] = anyId.exec(/^asked by/.test(line) ? all : line) ?? [];
    return id === undefined ? now : of(id);
  };

  return {
    next(command) {
      now += minute;
      const [, written] = /> (\S+\.log)/.exec(command) ?? [];
      const [, read] = /^cat (\S+)/.exec(command) ?? [];
      if (written) files.set(written, now);
      if (command.startsWith("garza agent")) said.agent = now;
      if (command.startsWith("garza queue pause")) said.pause = now;
      reading = files.get(read ?? "") ?? now;
    },
    of,
    put(text) {
      let last = reading;
      return text
        .split("\n")
        .map((line) => {
          const [id] = anyId.exec(line) ?? [];
          // A log: what it tells goes on from line to line.
          if (/^\d{4}-\S+\.\d{3}Z /.test(line)) last = Math.max(last + 8, id === undefined ? 0 : of(id));
          return line.replace(anyTime, (_, between: string, milliseconds?: string) => {
            const iso = new Date(milliseconds ? last : momentOf(line, text)).toISOString().replace("T", between);
            return milliseconds ? iso : iso.replace(/\.\d+Z/, "Z");
          });
        })
        .join("\n");
    },
  };
}
