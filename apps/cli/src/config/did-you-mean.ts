import { closest, distance } from 'fastest-levenshtein';

/** The known word a typo most likely stands for; undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = word.toLowerCase();
  const found = known.find((candidate) => candidate.toLowerCase() === lower) ?? closest(word, known);
  const length = Math.max(word.length, found.length);
  const most = length < 4 ? 1 : Math.max(2, Math.floor(length / 3));
  return distance(lower, found.toLowerCase()) <= most || sorted(lower) === sorted(found) ? found : undefined;
}

/** "did you mean `port`?", or what to do instead. */
export function didYouMean(word: string, known: readonly string[], otherwise: string): string {
  const found = nearest(word, known);
  return found === undefined ? otherwise : `did you mean \`${found}\`?`;
}

export const inBackticks = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

/** Letters swapped are a typo however short the word is. */
const sorted = (word: string): string => [...word.toLowerCase()].sort().join('');
