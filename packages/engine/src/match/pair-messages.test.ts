import { describe, expect, it } from 'vitest';
import { type Fingerprint, pairByContent, pairByFingerprint } from './pair-messages.ts';

const message = (
  uid: number,
  messageId: string | null,
  bytes = 100,
  internalDate: number | null = 5_000,
): Fingerprint => ({
  uid,
  messageId,
  bytes,
  internalDate,
});

describe('pairByFingerprint', () => {
  it('pairs a message with its copy when Message-ID, date and size agree', () => {
    expect(pairByFingerprint([message(1, 'a')], [message(9, 'a')])).toEqual({
      sure: [{ wanted: 1, present: 9 }],
      unclear: [],
    });
  });

  it.each([
    ['the size', message(9, 'a', 101)],
    ['the date', message(9, 'a', 100, 6_000)],
    ['the Message-ID', message(9, 'b')],
  ])('does not pair when %s differs', (_, other) => {
    expect(pairByFingerprint([message(1, 'a')], [other])).toEqual({ sure: [], unclear: [] });
  });

  it('compares dates to the second, which is all INTERNALDATE holds', () => {
    expect(pairByFingerprint([message(1, 'a', 100, 5_000)], [message(9, 'a', 100, 5_999)]).sure).toHaveLength(1);
  });

  it('leaves messages without a Message-ID to their content', () => {
    expect(pairByFingerprint([message(1, null)], [message(9, null)])).toEqual({
      sure: [],
      unclear: [{ wanted: [1], present: [9] }],
    });
  });

  it('leaves duplicates to their content, all of them', () => {
    const pairing = pairByFingerprint([message(1, 'a'), message(2, 'a')], [message(8, 'a')]);
    expect(pairing).toEqual({ sure: [], unclear: [{ wanted: [1, 2], present: [8] }] });
  });
});

describe('pairByContent', () => {
  it('keeps true duplicates as many as they are', () => {
    const pairs = pairByContent(
      new Map([
        [1, 'x'],
        [2, 'x'],
        [3, 'y'],
      ]),
      new Map([
        [7, 'x'],
        [8, 'y'],
        [9, 'z'],
      ]),
    );
    expect(pairs).toEqual([
      { wanted: 1, present: 7 },
      { wanted: 3, present: 8 },
    ]);
  });

  it('takes 200,000 equal messages', () => {
    const many = new Map(Array.from({ length: 200_000 }, (_, n) => [n, 'x']));
    expect(pairByContent(many, many)).toHaveLength(200_000);
  });
});
