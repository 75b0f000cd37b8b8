/** A piece of a line and how it is painted; painting must not change its width. */
export type Piece = { text: string; paint?: (text: string) => string };

/** The pieces as one line of at most `width` columns; `more` stands where something was cut off. */
export function fit(pieces: readonly Piece[], width: number, more: string): string {
  const total = pieces.reduce((sum, { text }) => sum + Bun.stringWidth(text), 0);
  let left = total <= width ? total : Math.max(0, width - Bun.stringWidth(more));
  let line = "";
  for (const { text, paint } of pieces) {
    const kept = cut(text, left);
    left -= Bun.stringWidth(kept);
    if (kept !== "") line += paint ? paint(kept) : kept;
    if (kept.length < text.length) return line + (Bun.stringWidth(more) <= width ? more : "");
  }
  return line;
}

let graphemes: Intl.Segmenter | undefined;

function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  // Made only where a line is too long: it takes a millisecond.
  graphemes ??= new Intl.Segmenter();
  for (const { segment } of graphemes.segment(text)) {
    used += Bun.stringWidth(segment);
    if (used > width) return kept;
    kept += segment;
  }
  return kept;
}
