import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exchangeDelivery, MailboxUser, mailboxOf, readMailbox } from '@mxodus/lab';
import type { MxodusEvent } from '@mxodus/model';
import { afterEach, expect, it } from 'vitest';
import { standing } from '../delta/play.ts';
import { type ExchangeWorld, startExchangeWorld } from '../exchange/exchange-world.ts';
import { plain, store } from '../exchange/source-mail.ts';
import { summaryOf } from '../journey.ts';
import { arrived, reverse, reverseKilled } from './reverse-world.ts';

/** The way back from Exchange: it has no UIDs, makes each message anew, and keeps our key with the copies. */

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

async function start(): Promise<ExchangeWorld> {
  world = await startExchangeWorld({
    users: ['ann'],
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    config: 'sync: { settle: 200ms }',
  });
  await store(world.old, 'ann', [
    { raw: plain('m'), flags: '\\Seen' },
    { raw: plain('moved') },
    { raw: plain('no id', { messageId: null }) },
    { raw: plain('gone') },
    { raw: plain('other'), folder: 'Work' },
  ]);
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { moved_now: 5 } });
  return world;
}

const sync = async (at: ExchangeWorld) => summaryOf(await at.run('sync', at.plan, '--json'));

function userOf({ exchange }: ExchangeWorld): MailboxUser {
  const user = exchange.world.userOf('ann@example.test');
  if (user === undefined) throw new Error('no user ann');
  return new MailboxUser(mailboxOf(exchange.world, user));
}

const itemOf = (user: MailboxUser, subject: string) => {
  const found = [...user.store.items()].find((item) => item.subject === subject);
  if (found === undefined) throw new Error(`no message ${subject}`);
  return found;
};

/** By SMTP. */
async function deliver({ exchange }: ExchangeWorld, raw: Buffer, received: string): Promise<void> {
  // Nothing goes on from here.
  const sender = { lookup: { addresses: async () => [] }, port: 25, name: 'mail.example.test' };
  const delivery = exchangeDelivery({ exchange, contacts: new Map(), sender });
  await delivery.deliver('ann@example.test', raw, new Date(received));
}

const NOTHING_WRITTEN = { exitCode: 0, destinationWrites: 0, buckets: { moved_now: 0, failed: 0, in_doubt: 0 } };

it('what reached Exchange goes back with its bytes, flags and date; copies do not, wherever they are; nothing comes twice', async () => {
  const at = await start();
  const user = userOf(at);
  const eightBit = Buffer.from(plain('8-bit', { body: 'Gr\xfc\xdfe\r\n' }), 'latin1');
  await deliver(at, eightBit, '2026-11-20T08:00:01Z');
  await deliver(at, Buffer.from(plain('twice', { messageId: '<t@x>', body: 'one\r\n' })), '2026-11-20T08:00:02Z');
  await deliver(at, Buffer.from(plain('twice', { messageId: '<t@x>', body: 'two\r\n' })), '2026-11-20T08:00:02Z');
  await deliver(at, Buffer.from(plain('without', { messageId: null })), '2026-11-20T08:00:03Z');
  // The same Message-ID as a copy, another day.
  await deliver(at, Buffer.from(plain('m')), '2026-11-20T08:00:04Z');
  const from = { name: 'Ann', address: 'ann@example.test' };
  const mine = { from, received: Date.parse('2026-11-20T09:00:00Z'), isRead: true };
  user.deliver({ ...mine, subject: 'sent', internetMessageId: '<sent@x>' }, 'sentitems');
  user.deliver({ ...mine, subject: 'draft', internetMessageId: '<draft@x>', isDraft: true }, 'drafts');
  const folder = user.addFolder('New');
  user.deliver({ ...mine, subject: 'filed', internetMessageId: '<filed@x>', categories: ['home'] }, folder.id);
  user.deliver({ ...mine, subject: 'protected', internetMessageId: '<p@x>' }, 'inbox');
  user.addFolder('Empty');
  user.move(itemOf(user, 'moved'), folder.id);
  user.delete(itemOf(user, 'no id'));
  user.delete(itemOf(user, 'gone'), 'for good');
  user.flag(itemOf(user, 'filed'));
  expect(await arrived(at, '2026-11-20T08:00:00Z')).toMatchObject({ messages: 9, notLookedAt: [] });
  expect(await arrived(at, '2026-11-20T08:00:04Z')).toMatchObject({ messages: 5 });
  const { faults } = at.exchange;
  const refused = faults.add({
    path: /\$value/,
    nth: 1,
    times: 1,
    before: { status: 429, headers: { 'retry-after': '1' } },
  });
  const id = encodeURIComponent(itemOf(user, 'protected').immutableId);
  const broken = faults.add({
    path: new RegExp(`${id}/\\$value`),
    times: 1000,
    before: { status: 500, code: 'ErrorMimeContentConversionFailed' },
  });
  at.exchange.forget();
  const events: MxodusEvent[] = [];
  const first = await reverse(at, { emit: (event) => void events.push(event) });
  expect(refused.struck).toBe(1);
  expect(broken.struck).toBeGreaterThan(0);
  expect(first).toMatchObject({ exitCode: 3, buckets: { moved_now: 8, failed: 1, in_doubt: 0 } });
  expect(at.exchange.highWater('ann@example.test')).toBeLessThanOrEqual(4);
  const written = at.exchange.journal.filter(({ method, path }) => method !== 'GET' && !/batch|token/.test(path));
  expect(written).toEqual([]);
  const expected = {
    INBOX: ['8-bit', 'gone', 'm', 'm \\Seen', 'moved', 'no id', 'twice', 'twice', 'without'],
    Drafts: ['draft \\Draft \\Seen'],
    New: ['filed \\Flagged \\Seen home'],
    Sent: ['sent \\Seen'],
    Work: ['other'],
  };
  const names = Object.keys(await standing(at.old, 'ann'));
  expect(names.sort()).toEqual(expect.arrayContaining(['INBOX', 'New', 'Work']));
  expect(
    Object.values(await standing(at.old, 'ann'))
      .flat()
      .sort(),
  ).toEqual(Object.values(expected).flat().sort());
  const old = await readMailbox(at.old, 'ann', at.old.password);
  const head = eightBit.indexOf('\r\n\r\n');
  const asShown = Buffer.concat([
    eightBit.subarray(0, head),
    Buffer.from('\r\nX-MS-Has-Attach: '),
    eightBit.subarray(head),
  ]);
  const bytes = old.INBOX?.messages.find(({ internalDate }) => internalDate === '2026-11-20T08:00:01Z');
  expect(bytes?.sha256).toBe(createHash('sha256').update(asShown).digest('hex'));
  // Exchange gives it now; and whatever else is lost, nothing comes twice.
  faults.clear();
  expect(await reverse(at)).toMatchObject({ exitCode: 0, buckets: { moved_now: 1, failed: 0 } });
  expect(await reverse(at)).toMatchObject(NOTHING_WRITTEN);
  expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { moved_now: 0 } });
  for (const file of ['ledger.db', 'acme/reverse.db']) {
    for (const end of ['', '-wal', '-shm']) await rm(join(at.dir, '.mxodus', `${file}${end}`), { force: true });
  }
  expect(await reverse(at)).toMatchObject(NOTHING_WRITTEN);
  // That "gone" was deleted nobody knows any more.
  expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { moved_now: 1 } });
});

it('killed when its answer was on the way, and read in Outlook since: it is known by what was sent', async () => {
  const at = await start();
  const user = userOf(at);
  const received = Date.parse('2026-11-20T09:00:00Z');
  // Other bytes (boundaries) once it is read.
  user.deliver({ subject: 'Grüße', internetMessageId: '', received, bodyType: 'html', body: '<p>text</p>' });
  user.deliver({ subject: 'y', internetMessageId: '<y@x>', received, body: 'text' });
  expect(await reverseKilled(at, { of: 'ledger', method: 'settle', when: 'before' })).toBe('SIGKILL');
  user.markRead(itemOf(user, 'Grüße'));
  // Not only found there as if somebody else had brought it.
  expect(await reverse(at)).toMatchObject({ exitCode: 0, buckets: { moved_now: 2, already_there: 0, in_doubt: 0 } });
  const encoded = expect.stringMatching(/^=\?utf-8\?\S+$/);
  expect((await standing(at.old, 'ann')).INBOX).toEqual([encoded, 'gone', 'm \\Seen', 'moved', 'no id', 'y']);
  expect(await reverse(at)).toMatchObject(NOTHING_WRITTEN);
  expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
});
