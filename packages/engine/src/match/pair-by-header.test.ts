import { describe, expect, it } from 'vitest';
import { type HeaderEntry, pairByHeader, sizeTolerance } from './pair-by-header.ts';

const entry = (uid: number, bytes = 1000, messageId: string | null = '<a@b>', subject = 's'): HeaderEntry => ({
  uid,
  bytes,
  fields: { messageId, date: 'd', from: 'f', subject },
});

describe('pairByHeader', () => {
  it('finds a copy whose size the server changed', () => {
    expect(pairByHeader([entry(1, 1000)], [entry(9, 1400)]).unclear).toEqual([{ wanted: [1], present: [9] }]);
  });

  it('is never sure, not even of one of each with an own Message-ID', () => {
    expect(pairByHeader([entry(1)], [entry(9)])).toEqual({ unclear: [{ wanted: [1], present: [9] }] });
  });

  it.each([
    ['Message-ID', entry(9, 1000, '<c@d>')],
    ['Message-ID, none on one side', entry(9, 1000, null)],
    ['Subject', entry(9, 1000, '<a@b>', 't')],
    ['size', entry(9, 1000 + sizeTolerance(1600) + 10)],
  ])('does not pair when another %s', (_, other) => {
    expect(pairByHeader([entry(1)], [other]).unclear).toEqual([]);
  });

  it('takes an X for any 8-bit byte, as Cyrus stores it, and two different bytes for different messages', () => {
    const [auml, ouml, stored] = ['\xe4', '\xf6', 'X'];
    const subject = (uid: number, text: string): HeaderEntry => entry(uid, 1000, '<a@b>', text);
    expect(pairByHeader([subject(1, auml)], [subject(9, stored)]).unclear).toEqual([{ wanted: [1], present: [9] }]);
    expect(pairByHeader([subject(1, stored)], [subject(9, auml)]).unclear).toEqual([{ wanted: [1], present: [9] }]);
    expect(pairByHeader([subject(1, auml)], [subject(9, ouml)]).unclear).toEqual([]);
    expect(pairByHeader([subject(1, auml), subject(2, ouml)], [subject(8, ouml), subject(9, auml)]).unclear).toEqual([
      { wanted: [1], present: [9] },
      { wanted: [2], present: [8] },
    ]);
  });

  it('leaves sizes out where one of them cannot be relied on', () => {
    const unsure = { ...entry(1), bytes: null };
    expect(pairByHeader([unsure], [entry(9, 900_000)]).unclear).toEqual([{ wanted: [1], present: [9] }]);
    expect(pairByHeader([entry(9, 900_000)], [unsure]).unclear).toEqual([{ wanted: [9], present: [1] }]);
  });

  it('pairs messages without a Message-ID by the rest', () => {
    expect(pairByHeader([entry(1, 1000, null)], [entry(9, 1010, null)]).unclear).toEqual([
      { wanted: [1], present: [9] },
    ]);
  });

  it('keeps duplicates together, all of them', () => {
    const { unclear } = pairByHeader([entry(1), entry(2), entry(3)], [entry(8), entry(9)]);
    expect(unclear).toEqual([{ wanted: [1, 2, 3], present: [8, 9] }]);
  });

  it('parts what shares a header and is far apart in size, and leaves out what is near nothing', () => {
    const wanted = [entry(1, 1000), entry(2, 900_000), entry(3, 50_000)];
    const present = [entry(7, 901_000), entry(8, 1100), entry(9, 200_000)];
    expect(pairByHeader(wanted, present).unclear).toEqual([
      { wanted: [1], present: [8] },
      { wanted: [2], present: [7] },
    ]);
  });

  it.each([
    [1000, 532],
    [10_000, 712],
    [1_000_000, 20_512],
  ])('allows a size of %i to differ by %i', (bytes, tolerance) => {
    expect(sizeTolerance(bytes)).toBe(tolerance);
    const larger = [entry(9, bytes)];
    expect(pairByHeader([entry(1, bytes - tolerance)], larger).unclear).toHaveLength(1);
    expect(pairByHeader([entry(1, bytes - tolerance - 1)], larger).unclear).toHaveLength(0);
    expect(pairByHeader(larger, [entry(1, bytes - tolerance)]).unclear).toHaveLength(1);
    expect(pairByHeader(larger, [entry(1, bytes - tolerance - 1)]).unclear).toHaveLength(0);
  });

  it('takes 100,000 messages, also when all look alike', () => {
    const many = (from: number, own: boolean): HeaderEntry[] =>
      Array.from({ length: 100_000 }, (_, n) => entry(from + n, 1000 + (n % 3000), own ? `<${n}@b>` : null));
    expect(pairByHeader(many(1, true), many(1_000_000, true)).unclear).toHaveLength(100_000);
    expect(pairByHeader(many(1, false), many(1_000_000, false)).unclear).toHaveLength(1);
  });
});
