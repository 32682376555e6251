import { expect, it } from 'vitest';
import { messageKey } from './message-key.ts';

const PLACE = { server: 'old', user: 'ann', folder: 'INBOX', uidValidity: 7, uid: 12 };

it('is the same in every run, and fits a property that is compared without regard to case', () => {
  expect(messageKey(PLACE)).toBe(messageKey({ ...PLACE }));
  expect(messageKey(PLACE)).toMatch(/^v1:[0-9a-f]{64}$/);
});

it.each([
  { server: 'old2' },
  { user: 'bob' },
  { folder: 'inbox' },
  { folder: 'INBOX7' },
  { uidValidity: 8 },
  { uid: 2 },
  { uidValidity: 71, uid: 2 },
])('is another one for another message: %o', (other) => {
  expect(messageKey({ ...PLACE, ...other })).not.toBe(messageKey(PLACE));
});
