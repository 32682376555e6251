import {
  courierMissing,
  encodeModifiedUtf7,
  quoted,
  readMailbox,
  signedIn,
  startCourier,
  startDovecot,
  type Truth,
} from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import { type JourneyServer, type JourneyStart, startJourneyBetween, summaryOf } from '../journey.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const dovecot = ({ dir, name, password }: JourneyStart) =>
  startDovecot({ dir, name, password, saveCrlf: true, layout: 'fs', maxUserIpConnections: 50 });

async function append(server: JourneyServer, messages: Readonly<Record<string, string>>): Promise<Truth> {
  await signedIn(server, 'ann', server.password, async (connection) => {
    for (const [folder, text] of Object.entries(messages)) {
      const name = quoted(encodeModifiedUtf7(folder));
      if (folder !== 'INBOX') await connection.command(`CREATE ${name}`);
      await connection.command([`APPEND ${name} `, Buffer.from(text)]);
    }
  });
  return { users: { ann: { folders: await readMailbox(server, 'ann', server.password) } } };
}

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
  stops.push(journey.stop);
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
