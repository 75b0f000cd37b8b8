import { distance } from "fastest-levenshtein";

/** The known words closest to `word`, nearest first; only those close enough to be a likely slip. */
export function nearest(word: string, known: Iterable<string>, most = 1): string[] {
  const limit = Math.max(2, Math.floor(word.length / 3));
  return [...known]
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** ` Did you mean x?`, with a leading blank, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const [near] = nearest(word, known);
  return near === undefined ? "" : ` Did you mean ${near}?`;
}
