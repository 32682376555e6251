import { expect, it } from 'vitest';
import { clockTime } from '../output/figures.ts';
import { waitText } from './wait-text.ts';

const now = new Date('2026-11-22T12:10:00Z');

it.each([
  ['an end', '2026-11-22T14:32:00Z', `waiting until ${clockTime(new Date('2026-11-22T14:32:00Z'), now)}, because x`],
  ['no known end', null, 'waiting, because x'],
  ['an end that has passed', '2026-11-22T12:09:00Z', 'waiting, because x'],
])('says why, with %s', (_, until, text) => {
  expect(waitText({ why: 'x', until }, now)).toBe(text);
});
