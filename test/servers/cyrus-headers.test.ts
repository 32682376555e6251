import { cyrusMissing, readMailbox, signedIn, startCyrus } from '@mxodus/lab';
import { expect, it, onTestFinished } from 'vitest';
import { type JourneyServer, startJourneyBetween, summaryOf } from '../journey.ts';
import { dovecot } from './from-dovecot.ts';

// munge8bit, which is on by default (Cyrus 3.6.1, 2026-11).
it.skipIf(cyrusMissing() !== null)(
  'Cyrus puts an X for every 8-bit byte of a header, and knows its copy again',
  async () => {
    const headers = [
      'Subject: Gr\xfc\xdfe\r\n',
      'Subject: voil\xc3\xa0\r\nFrom: \xc4nn <ann@example.test>\r\n',
      'Message-ID: <m\xfc@\xd6.example.test>\r\nSubject: x\r\n',
      'Message-ID: <b@example.test>\r\nSubject: \xe4\r\n',
    ];
    const journey = await startJourneyBetween<JourneyServer, JourneyServer>({
      users: ['ann'],
      old: dovecot,
      new: startCyrus,
      roles: false,
      seed: async (server) => {
        await signedIn(server, 'ann', server.password, async (connection) => {
          for (const [at, header] of headers.entries())
            await connection.command(['APPEND INBOX ', Buffer.from(`${header}\r\n${at}\r\n`, 'latin1')]);
        });
        return { users: { ann: { folders: await readMailbox(server, 'ann', server.password) } } };
      },
    });
    onTestFinished(journey.stop);
    const sync = async () => summaryOf(await journey.run('sync', journey.plan, '--json'));
    expect(await journey.run('plan')).toMatchObject({ code: 0 });
    expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: headers.length } });
    expect(await journey.differences()).not.toEqual([]);
    await journey.loseLedger();
    expect(await sync()).toMatchObject({
      exit_code: 0,
      destination_writes: 0,
      buckets: { already_there: headers.length },
    });
  },
);
