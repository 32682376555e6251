import type { SliceEnd } from '@mxodus/model';

const LONGEST_MS = 5 * 60_000;
const FIRST_MS = 5000;

/** Slices in a row that ended with a temporary error before the mailbox is given up: about ten minutes. */
export const MOST_TROUBLES = 8;

/** After so many temporary errors in a row: 5 s, 10 s, ... 5 min; not all at the same moment. */
export const backOffMs = (troubles: number): number => jittered(Math.min(LONGEST_MS, FIRST_MS * 2 ** (troubles - 1)));

/** So that those who wait for the same thing do not come at the same moment. */
export const soon = (): SliceEnd => ({ kind: 'later', inMs: 1000 + Math.round(Math.random() * 4000) });

const jittered = (ms: number): number => Math.round(ms * (0.8 + Math.random() * 0.2));
