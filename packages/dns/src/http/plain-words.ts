const LONGEST = 400;

/** What a stranger wrote, fit for a terminal and an error: one short line, without the secrets. */
export function plainWords(text: string, secrets: readonly string[]): string {
  let words = text;
  for (const secret of secrets) if (secret !== '') words = words.replaceAll(secret, '***');
  return words
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .slice(0, LONGEST)
    .trim();
}
