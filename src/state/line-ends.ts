/** The text with the other one's line ends: git may check a file out with other ones than its history has (`core.autocrlf`). */
export function withLineEndsOf(other: string | undefined, text: string): string {
  if (other === undefined) return text;
  const plain = text.replaceAll("\r\n", "\n");
  return other.includes("\r\n") ? plain.replaceAll("\n", "\r\n") : plain;
}
