import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { MailboxUser, malformsRows, type QuirkServer, startQuirkServer } from '@mxodus/lab';
import { afterAll, afterEach, expect, it } from 'vitest';
import { flag, play } from '../delta/play.ts';
import { summaryOf } from '../journey.ts';
import { type ExchangeWorld, startExchangeWorld } from './exchange-world.ts';
import { plain, type SourceMail, store } from './source-mail.ts';

/** What is at Exchange already, and the ledger does not know. */

const trusted = getCACertificates('default');
afterAll(() => setDefaultCACertificates(trusted));

let world: ExchangeWorld | undefined;
let quirks: QuirkServer | undefined;
afterEach(async () => {
  await world?.stop();
  await quirks?.stop();
  [world, quirks] = [undefined, undefined];
});

async function start(messagesPerUser: number): Promise<ExchangeWorld> {
  world = await startExchangeWorld({
    users: ['ann'],
    seed: { messagesPerUser, hostile: false, folders: 4 },
    config: 'sync: { settle: 200ms }',
  });
  return world;
}

const sync = async (at: ExchangeWorld): Promise<Record<string, unknown>> =>
  summaryOf(await at.run('sync', at.plan, '--json'));

const subjects = (at: ExchangeWorld, folder: string): string[] =>
  (at.folders('ann').get(folder) ?? []).map(({ subject }) => subject ?? '').sort();

it('after the ledger was lost every copy is known by its key, and nothing is written', async () => {
  const at = await start(15);
  expect(await at.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { moved_now: 15 } });
  await at.loseLedger();
  const again = await sync(at);
  expect(again).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { already_there: 15 } });
  expect(at.differences()).toEqual([]);
  expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('after the ledger was lost, what its user moved to another folder stays there, and nothing is written', async () => {
  const at = await start(15);
  expect(await at.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(at)).toMatchObject({ exit_code: 0 });
  await at.loseLedger();
  let moved = 0;
  for (const store of at.exchange.world.mailboxes.values()) {
    const user = new MailboxUser(store);
    const mine = user.addFolder('Mine');
    const inbox = [...store.lookups.inFolder(user.folder('inbox').id).all()];
    for (const item of inbox.slice(0, 2)) user.move(item, mine.id);
    moved = inbox.slice(0, 2).length;
  }
  expect(moved).toBe(2);
  expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { already_there: 15 } });
  expect(at.folders('ann').get('Mine')).toHaveLength(2);
  expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('with the ledger lost and half of the copies gone, the other half comes again, and no more', async () => {
  const at = await start(14);
  expect(await at.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(at)).toMatchObject({ exit_code: 0 });
  await at.loseLedger();
  for (const store of at.exchange.world.mailboxes.values()) {
    for (const item of [...store.items()].filter(({ serial }) => serial % 2 === 0)) store.remove(item);
  }
  expect(await sync(at)).toMatchObject({ exit_code: 0 });
  expect(at.differences()).toEqual([]);
});

/** A message as another tool puts it there: by JSON, with its dates, and no key of ours. */
async function byAnotherTool(
  { exchange }: ExchangeWorld,
  { subject, messageId, received }: { subject: string; messageId: string; received: string },
): Promise<void> {
  const message = {
    subject,
    internetMessageId: messageId,
    isRead: true,
    from: { emailAddress: { name: 'Bob', address: 'bob@example.org' } },
    body: { contentType: 'text', content: subject },
    singleValueExtendedProperties: [
      { id: 'Integer 0x0E07', value: '4' },
      { id: 'SystemTime 0x0E06', value: received },
      { id: 'SystemTime 0x0039', value: '2020-01-01T09:00:00Z' },
    ],
  };
  const answer = await fetch(`${exchange.graphUrl}/v1.0/users/ann@example.test/mailFolders/inbox/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${exchange.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify(message),
  });
  expect(answer.status).toBe(201);
}

const ODD = ['<a+b@x.example>', '<a&b=c@x.example>', '<a#b@x.example>', "<o'b''c@x.example>", '<100%41%zz@x.example>'];
const AT = '2020-01-02T10:00:00Z';

it('proof 9 and 10: what another tool brought is adopted by Message-ID and date, as many as there are; the rest is written', async () => {
  const at = await start(0);
  setDefaultCACertificates([await readFile(at.exchange.caFile, 'utf8')]);
  const mails: SourceMail[] = [
    ...ODD.map((messageId, index) => ({ raw: plain(`odd ${index}`, { messageId }), flags: '\\Seen' })),
    { raw: plain('twice', { messageId: '<twice@x.example>' }), flags: '\\Seen' },
    { raw: plain('twice', { messageId: '<twice@x.example>' }), flags: '\\Seen' },
    { raw: plain('other day', { messageId: '<day@x.example>' }), flags: '\\Seen' },
    { raw: plain('new') },
  ];
  await store(at.old, 'ann', mails);
  for (const [index, messageId] of ODD.entries()) {
    await byAnotherTool(at, { subject: `odd ${index}`, messageId, received: AT });
  }
  await byAnotherTool(at, { subject: 'twice', messageId: '<twice@x.example>', received: AT });
  await byAnotherTool(at, { subject: 'other day', messageId: '<day@x.example>', received: '2020-01-03T10:00:00Z' });
  expect(await at.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { already_there: 6, moved_now: 3 } });
  const expected = [...ODD.map((_, index) => `odd ${index}`), 'twice', 'twice', 'other day', 'other day', 'new'].sort();
  expect(subjects(at, 'INBOX')).toEqual(expected);
  expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
  await play(at.old, 'ann', [flag('odd 3', '\\Flagged')]);
  expect(await sync(at)).toMatchObject({ exit_code: 0 });
  const flagged = at
    .folders('ann')
    .get('INBOX')
    ?.filter(({ flag: { flagStatus } }) => flagStatus === 'flagged');
  expect(flagged?.map(({ subject }) => subject)).toEqual(['odd 3']);
});

it('with another UIDVALIDITY at the source nothing is doubled', async () => {
  const at = await start(12);
  expect(await at.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(at)).toMatchObject({ exit_code: 0 });
  const home = join(at.old.home('ann'), 'Maildir');
  const lists = (await readdir(home, { recursive: true })).filter((name) =>
    /dovecot(-uidlist|\.index|-uidvalidity)/.test(name),
  );
  expect(lists.length).toBeGreaterThan(3);
  for (const name of lists) await rm(join(home, name));
  // Seconds since 1970 are the new one.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await at.old.restart();
  const again = await sync(at);
  expect(again).toMatchObject({ exit_code: 0, source_messages: 12, buckets: { failed: 0, in_doubt: 0, moved_now: 0 } });
  expect(at.differences()).toEqual([]);
  expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('after the ledger was lost copies are known by their key where the source tells no date at all', async () => {
  world = await startExchangeWorld({
    users: ['ann'],
    seed: { messagesPerUser: 12, hostile: false, folders: 3 },
    oldPort: async (port) => {
      quirks = await startQuirkServer({ target: { host: '127.0.0.1', port }, quirks: [malformsRows('date-nil')] });
      return quirks.port;
    },
  });
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { moved_now: 12 } });
  await world.loseLedger();
  expect(await sync(world)).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { already_there: 12 } });
});
