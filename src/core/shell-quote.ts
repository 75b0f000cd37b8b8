/** One word for any POSIX shell, whatever the value holds; plain words stay as they are. */
export function shellQuote(value: string): string {
  return plainWord.test(value) ? value : singleQuoted(value);
}

/** Without `=` and `~`: `A=b` would be an assignment in front of a command, `~` a home. */
const plainWord = /^[A-Za-z0-9_@%+:,./-]+$/;

/** Between single quotes, also where none are needed. */
export const singleQuoted = (value: string): string => `'${value.split("'").join(`'\\''`)}'`;
