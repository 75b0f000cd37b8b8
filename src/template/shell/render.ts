/** A script ready for a shell, and how it looks to a person. */
export type Script = {
  /** Preamble with the values, then the author's text with references. Given to the shell as a file. */
  text: string;
  /** The command as the shell understands it, values in place and quoted: for dry runs and logs. */
  shown: string;
};
