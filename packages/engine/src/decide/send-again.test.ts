import type { LedgerMessage } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { ruledOut, sendAgain } from './send-again.ts';

const row = (own: Partial<LedgerMessage>): LedgerMessage => ({
  uid: 1,
  state: 'failed',
  bytes: 200,
  internalDate: null,
  flags: '',
  destinationUid: null,
  floor: null,
  passId: 1,
  adopted: false,
  reason: null,
  gone: false,
  digest: null,
  emailId: null,
  ...own,
});

describe('sendAgain', () => {
  it.each([
    ['failed', row({ state: 'failed' }), null, true],
    ['stored', row({ state: 'stored' }), null, false],
    ['in doubt', row({ state: 'intent' }), null, false],
    ['too large then and now', row({ state: 'cannot', reason: 'too large: 200 bytes' }), 100, false],
    ['too large then, the limit was raised', row({ state: 'cannot', reason: 'too large: 200 bytes' }), 300, true],
    ['refused for good for another reason', row({ state: 'cannot', reason: 'zero bytes' }), null, false],
  ])('%s', (_, message, appendLimit, expected) => expect(sendAgain(message, appendLimit)).toBe(expected));
});

describe('ruledOut', () => {
  it.each([
    [100, null, null],
    [100, 100, null],
    [101, 100, 'too large: 101 bytes, the destination takes 100'],
  ])('%i bytes with a limit of %s', (bytes, limit, expected) => expect(ruledOut({ bytes }, limit)).toBe(expected));
});
