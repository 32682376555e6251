import { courierMissing, startCourier } from '@mxodus/lab';
import { expect, it, onTestFinished } from 'vitest';
import { type JourneyServer, startJourneyBetween, summaryOf } from '../journey.ts';
import { append, dovecot } from './from-dovecot.ts';

it.skipIf(courierMissing() !== null)('Courier as the source: a message of 400 MIME parts arrives whole', async () => {
  const parts = Array.from({ length: 400 }, (_, at) => `--b\r\n\r\n${at}\r\n`).join('');
  const header = 'Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n';
  const message = `${header}\r\n${parts}--b--\r\n`;
  const journey = await startJourneyBetween<JourneyServer, JourneyServer>({
    users: ['ann'],
    old: startCourier,
    new: dovecot,
    roles: false,
    seed: (server) => append(server, { INBOX: message }),
  });
  onTestFinished(journey.stop);
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const sync = async () => summaryOf(await journey.run('sync', journey.plan, '--json'));
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 1 } });
  expect(await journey.differences()).toEqual([]);
  const [copy] = (await journey.read('ann')).INBOX?.messages ?? [];
  expect(copy?.bytes).toBe(Buffer.byteLength(message));
  expect(copy?.flags).toEqual([]);

  // Its RFC822.SIZE is too small by a quarter: the copy is found by its header and its content.
  await journey.loseLedger();
  expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { already_there: 1 } });
  await journey.readOldAgain();
  expect(await journey.differences()).toEqual([]);
});
