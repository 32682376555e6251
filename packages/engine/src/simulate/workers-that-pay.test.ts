import { expect, it } from 'vitest';
import { mailboxSizes } from './mailbox-sizes.ts';
import { workersThatPay } from './workers-that-pay.ts';
import { fleet, imap, mailboxOf, several, worldOf } from './world.test.support.ts';

it('as many as the rate of a server can feed', () => {
  // Two mailboxes a worker, 2 MB a second; the server gives 10.
  const servers = [imap('old', { bytesPerSecond: 10_000_000 }), imap('new')];
  const world = worldOf(several(400, mailboxOf(20_000)), { servers, fleet: fleet({ places: 2 }) });
  const { tried, pays, nextGain, decides } = workersThatPay(world);
  expect([pays, decides]).toEqual([5, { kind: 'bytes_per_second', server: 'old' }]);
  expect(nextGain).toBeLessThan(0.05);
  expect(tried.map(({ workers }) => workers)).toEqual(expect.arrayContaining([1, 2, 4, 5, 6, 8]));
  expect(tried.find(({ workers }) => workers === 1)?.makespan).toBeCloseTo(4000 + 10, 0);
});

it('twenty where nothing else is in the way: one more is less than a twentieth', () => {
  const sizes = mailboxSizes({ mailboxes: 3000, messages: 3_000_000, tail: 0.5, seed: 2 });
  const world = worldOf(
    sizes.map((messages) => mailboxOf(messages)),
    { fleet: fleet({ places: 1 }) },
  );
  const { pays, decides } = workersThatPay(world);
  expect(pays).toBeGreaterThanOrEqual(18);
  expect(pays).toBeLessThanOrEqual(22);
  expect(decides?.kind).toBe('places');
});

it('one for a single mailbox', () => {
  const { pays, nextGain, decides } = workersThatPay(worldOf([mailboxOf(5000)], { fleet: fleet({ places: 8 }) }));
  expect([pays, nextGain, decides?.kind]).toEqual([1, 0, 'connections_per_mailbox']);
});
