import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRawConnection } from '@mxodus/lab';
import { planSchema } from '@mxodus/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Journey, startJourney } from '../journey.ts';

/** `assign: [{ top: N, by: … }, …]`: the busiest mailboxes go elsewhere. The other end is one server under two names. */

const DAY_MS = 86_400_000;
let journey: Journey;
let config: string;

beforeAll(async () => {
  journey = await startJourney({ users: ['ann', 'bob'], seed: { messagesPerUser: 0, seed: 5, hostile: false } });
  config = await readFile(join(journey.dir, 'mxodus.yaml'), 'utf8');
  // ann has more messages, bob more bytes; ann's are old, two of bob's are new.
  await deliver('ann', 'INBOX', [400, 400, 400, 400, 5], 100);
  await deliver('bob', 'INBOX', [5], 50_000);
  await deliver('bob', 'Projects', [5], 100);
  await deliver('bob', 'Junk', [5, 5, 5, 5, 5, 5], 100);
});
afterAll(() => journey?.stop());

/** One message for each of `ages`, in days. */
async function deliver(user: string, folder: string, ages: readonly number[], bytes: number): Promise<void> {
  const connection = await openRawConnection({ host: journey.old.host, port: journey.old.port });
  await connection.command(`LOGIN ${user} ${journey.old.password}`);
  if (folder === 'Projects') await connection.command(`CREATE ${folder}`);
  for (const days of ages) {
    const text = Buffer.from(`Subject: x\r\n\r\n${'x'.repeat(bytes)}\r\n`);
    await connection.command([`APPEND "${folder}" () "${imapDate(Date.now() - days * DAY_MS)}" `, text]);
  }
  connection.close();
}

/** RFC 3501 date-time, in UTC. */
function imapDate(ms: number): string {
  const [, day, month, year, time] = new Date(ms).toUTCString().split(' ');
  return `${day}-${month}-${year} ${time} +0000`;
}

test.each([
  ['most messages, excluded folders left out', 'by: messages', 'ann'],
  ['most bytes', 'by: bytes', 'bob'],
  ['most messages of the last 90 days', 'by: recent-messages', 'bob'],
  ['most messages of a longer time', 'by: recent-messages, days: 500', 'ann'],
])('the one with the %s goes to the server of the rule, the other on to the next', async (_, by, busiest) => {
  const twice = config.replace(/^ {2}new: (.*)$/m, '  new: $1\n  big: $1');
  const rules = `  - { top: 1, ${by}, to: big, address: "{local}@big.example.test" }\n  - { match: "*", to: new }`;
  await writeFile(
    join(journey.dir, 'mxodus.yaml'),
    twice.replace('  - { match: "*", to: new }', rules).replace('sync: {', 'sync: { folders: { exclude: [Junk] },'),
  );
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const { mailboxes } = planSchema.parse(JSON.parse(await readFile(journey.plan, 'utf8')));
  const wanted = ['ann', 'bob'].map((user) => ({
    address: `${user}@example.test`,
    destination:
      user === busiest ? { server: 'big', user, address: `${user}@big.example.test` } : { server: 'new', user },
  }));
  expect(mailboxes.toSorted((a, b) => (a.address < b.address ? -1 : 1))).toMatchObject(wanted);
});
