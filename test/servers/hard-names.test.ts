import { courierMissing, cyrusMissing, startCourier, startCyrus } from '@mxodus/lab';
import { expect, it, onTestFinished } from 'vitest';
import { type JourneyServer, startJourneyBetween, summaryOf } from '../journey.ts';
import { append, dovecot } from './from-dovecot.ts';

const HARD_NAMES = {
  Cyrus: ['Plain', 'Percent 100%', 'Quote "and" back\\slash', '{braces}', 'a|b', 'a<b>', 'a;b', 'why!', 'a^b', 'a`b'],
  Courier: ['Plain', 'Emoji 🚀', '𠮷野家', 'x'.repeat(250), 'Ünïcode'],
} as const;

it.each([
  ['Cyrus', cyrusMissing(), startCyrus],
  ['Courier', courierMissing(), startCourier],
] as const)('a name that %s refuses becomes another one, and stops no other folder', async (make, missing, start) => {
  if (missing !== null) return;
  const names = HARD_NAMES[make];
  const journey = await startJourneyBetween<JourneyServer, JourneyServer>({
    users: ['ann'],
    old: dovecot,
    new: start,
    roles: false,
    seed: (server) =>
      append(server, Object.fromEntries(names.map((name) => [name, `Subject: ${name.length}\r\n\r\nx\r\n`]))),
  });
  onTestFinished(journey.stop);
  const sync = async () => summaryOf(await journey.run('sync', journey.plan, '--json'));
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: names.length } });
  const found = Object.values(await journey.read('ann')).flatMap((folder) => folder.messages);
  expect(found).toHaveLength(names.length);
  expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
});
