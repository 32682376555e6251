import { expect, it } from 'vitest';
import { type On, reopen } from './opened-ledger.ts';

const ANN = { server: 'old', user: 'ann' };
const DAY = '2026-11-22';

export function describeTraffic(on: On): void {
  it('adds up by login and day, over a restart', async () => {
    const opened = on();
    expect(await opened.ledger.traffic.spent(ANN, DAY)).toBe(0);
    await opened.ledger.traffic.add(ANN, DAY, 1000);
    await opened.ledger.traffic.add(ANN, DAY, 2 ** 40);
    await reopen(opened);
    await opened.ledger.traffic.add(ANN, DAY, 0);
    expect(await opened.ledger.traffic.spent(ANN, DAY)).toBe(2 ** 40 + 1000);
  });

  it('keeps servers, users and days apart', async () => {
    const { traffic } = on().ledger;
    await traffic.add(ANN, DAY, 1);
    await traffic.add({ ...ANN, server: 'new' }, DAY, 10);
    await traffic.add({ ...ANN, user: 'bob' }, DAY, 100);
    await traffic.add(ANN, '2026-11-23', 1000);
    expect(await traffic.spent(ANN, DAY)).toBe(1);
    expect(await traffic.spent({ ...ANN, server: 'new' }, DAY)).toBe(10);
    expect(await traffic.spent({ ...ANN, user: 'bob' }, DAY)).toBe(100);
    expect(await traffic.spent(ANN, '2026-11-23')).toBe(1000);
  });
}
