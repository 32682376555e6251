import { describe, expect, it } from 'vitest';
import { type NumberedMessage, pairRenumbered } from './pair-renumbered.ts';

const message = (uid: number, digest: string | null = 'd', bytes = 100): NumberedMessage => ({
  uid,
  bytes,
  internalDate: 5000,
  digest,
});

describe('pairRenumbered', () => {
  it('pairs equal messages by ascending UID, whatever their order', () => {
    const { sure, left } = pairRenumbered(
      [message(3), message(1), message(2, 'x')],
      [message(30), message(20, 'x'), message(10)],
    );
    expect(sure.map(({ row, message: { uid } }) => [row.uid, uid])).toEqual([
      [1, 10],
      [3, 30],
      [2, 20],
    ]);
    expect(left).toEqual({ rows: [], messages: [] });
  });

  it('says what the restored backup no longer has, and what nobody knew', () => {
    const { sure, unclear, left } = pairRenumbered([message(1), message(2, 'new')], [message(10), message(11, 'old')]);
    expect(sure).toHaveLength(1);
    expect(unclear).toEqual([]);
    expect(left.rows.map(({ uid }) => uid)).toEqual([2]);
    expect(left.messages.map(({ uid }) => uid)).toEqual([11]);
  });

  it('leaves to their content those whose digest is not known, and duplicates that lost one', () => {
    const { sure, unclear } = pairRenumbered(
      [message(1), message(2), message(3, null, 200)],
      [message(10), message(11, 'd', 200)],
    );
    expect(sure).toEqual([]);
    expect(unclear.map(({ rows, messages }) => [rows.map(({ uid }) => uid), messages.map(({ uid }) => uid)])).toEqual([
      [[1, 2], [10]],
      [[3], [11]],
    ]);
  });

  it('takes 200,000 messages', () => {
    const many = Array.from({ length: 200_000 }, (_, n) => message(n + 1, `d${n % 100_000}`));
    const { sure } = pairRenumbered(many, [...many].reverse());
    expect(sure).toHaveLength(200_000);
    expect(sure.every((pair) => pair.row.uid === pair.message.uid)).toBe(true);
  });
});
