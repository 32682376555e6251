import type { BodyRepairName } from './repair.ts';

/** Exchange 2007-2019 and Office 365: one text for a message too large, a mailbox too full and a line too long (2026-11). */
export const isArgumentError11 = (response: string): boolean => /command argument error\.? ?11\b/i.test(response);

/** The repairs that a server's words ask for; the first row that fits. */
const WORDS: readonly (readonly [(response: string) => boolean, readonly BodyRepairName[]])[] = [
  [(words) => /\bnul\b|\bnull\b/i.test(words), ['nul']],
  // Gmail, to a NUL byte.
  [(words) => /invalid character in literal/i.test(words), ['nul']],
  [isArgumentError11, ['long-lines']],
  [(words) => /\blines? (is |are )?(too long|longer)|\blong lines?\b/i.test(words), ['long-lines']],
  [(words) => /\[clientbug\] *additional arguments/i.test(words), ['final-line-end']],
  [
    (words) => /\bbare (newlines?|lf|cr|line ?feeds?|carriage)|\bline ?ends?\b|\bline endings?\b|\bcrlf\b/i.test(words),
    ['line-ends'],
  ],
  [(words) => /header\/body separator|\bblank line\b/i.test(words), ['header-lines']],
  [(words) => /non-?ascii|\b8-?bit|eight-?bit/i.test(words), ['header-8bit']],
  [(words) => /header/i.test(words), ['mbox-line', 'header-lines', 'header-8bit']],
];

export const wantedBodyRepairs = (response: string): readonly BodyRepairName[] =>
  WORDS.find(([fits]) => fits(response))?.[1] ?? [];

/** Every list `wantedBodyRepairs` can give. */
export const ALL_WANTED: readonly (readonly BodyRepairName[])[] = [[], ...WORDS.map(([, wanted]) => wanted)];
