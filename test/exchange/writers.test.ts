import { createHash } from 'node:crypto';
import { DEFAULT_ROLES, THROTTLED } from '@mxodus/lab';
import { afterEach, describe, expect, it } from 'vitest';
import { flag, play } from '../delta/play.ts';
import { summaryOf } from '../journey.ts';
import { eventsOf } from './events.ts';
import { type ExchangeWorld, type ExchangeWorldOptions, startExchangeWorld } from './exchange-world.ts';
import { plain, store, withAttachment } from './source-mail.ts';

/** The ways in that are not the JSON create. */

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const IMAP = [...DEFAULT_ROLES, 'IMAP.AccessAsApp'];
const ADVANCED = [...DEFAULT_ROLES, 'Mail-Advanced.ReadWrite.All'];

async function start(writer: string, options: Partial<ExchangeWorldOptions> = {}): Promise<ExchangeWorld> {
  world = await startExchangeWorld({
    users: ['ann'],
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    server: `writer: ${writer}`,
    config: 'sync: { settle: 200ms }',
    ...options,
  });
  return world;
}

const sync = async (at: ExchangeWorld): Promise<Record<string, unknown>> =>
  summaryOf(await at.run('sync', at.plan, '--json'));

const SIGNED = plain('signed', {
  header: 'MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b; protocol="application/pgp-signature"\r\n',
  body: '--b\r\nContent-Type: text/plain\r\n\r\nsigned text\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nMII\r\n--b--\r\n',
});
const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const bySubject = (at: ExchangeWorld) =>
  new Map([...at.folders('ann').values()].flat().map((message) => [message.subject, message]));

describe('imap-append', () => {
  const seeded = { seed: { messagesPerUser: 12, hostile: false, folders: 4 }, imap: true, exchange: { roles: IMAP } };

  it('proof 1 and 2: every message arrives once, whole, at its date, and no draft; the second sync writes nothing', async () => {
    const at = await start('imap-append', seeded);
    await store(at.old, 'ann', [
      { raw: SIGNED, flags: '\\Seen \\Answered' },
      { raw: withAttachment('large', 4_400_000) },
    ]);
    await at.readOldAgain();
    expect(await at.run('plan')).toMatchObject({ code: 0 });
    expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { moved_now: 14 } });
    expect(at.differences()).toEqual([]);
    expect(bySubject(at).get('signed')?.mime).toBe(sha256(SIGNED));
    expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
    await at.loseLedger();
    expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { already_there: 14 }, destination_writes: 0 });
    expect(at.differences()).toEqual([]);
  });

  it('proof 3: cut after and before the APPEND was done, and throttled: once', async () => {
    const at = await start('imap-append', seeded);
    expect(await at.run('plan')).toMatchObject({ code: 0 });
    const plan: Readonly<Record<string, string>> = {
      '2 before': 'cut',
      '4 after': 'cut',
      '7 before': THROTTLED,
      '9 after': 'cut',
    };
    const met = { before: 0, after: 0 };
    at.imap?.onAppend(({ when }) => {
      met[when] += 1;
      return plan[`${met[when]} ${when}`] ?? null;
    });
    const first = await sync(at);
    if (first.exit_code !== 0) expect(await sync(at)).toMatchObject({ exit_code: 0 });
    expect(met.after).toBeGreaterThan(9);
    expect(at.differences()).toEqual([]);
    expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });
});

describe('auto', () => {
  it('writes by IMAP what JSON would change, and the rest by JSON; flags follow to both', async () => {
    const at = await start('auto', { imap: true, exchange: { roles: IMAP } });
    await store(at.old, 'ann', [
      { raw: SIGNED, flags: '\\Seen' },
      { raw: plain('plain'), flags: 'work' },
      { raw: withAttachment('large', 4_400_000) },
    ]);
    await at.readOldAgain();
    expect(await at.run('plan')).toMatchObject({ code: 0 });
    expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { moved_now: 3 } });
    expect(at.differences()).toEqual([]);
    const copies = bySubject(at);
    expect(copies.get('signed')?.mime).toBe(sha256(SIGNED));
    expect(
      [...copies.values()]
        .filter(({ mime }) => mime !== null)
        .map(({ subject }) => subject)
        .sort(),
    ).toEqual(['large', 'signed']);
    expect(copies.get('plain')?.categories).toEqual(['work']);
    expect(at.exchange.journal.filter(({ method }) => method === 'PUT')).toEqual([]);
    await play(at.old, 'ann', [flag('signed', '\\Flagged late'), flag('plain', '\\Seen')]);
    expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { moved_before: 3 } });
    expect(bySubject(at).get('signed')).toMatchObject({ flag: { flagStatus: 'flagged' }, categories: ['late'] });
    expect(bySubject(at).get('plain')).toMatchObject({ isRead: true });
    expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });

  it('without IMAP set up the signed message goes as JSON, and the report says what that costs', async () => {
    const at = await start('auto');
    await store(at.old, 'ann', [{ raw: SIGNED }]);
    expect(await at.run('plan')).toMatchObject({ code: 0 });
    const done = await at.run('sync', at.plan, '--json');
    expect(done.code).toBe(0);
    expect(
      eventsOf(done, 'alteration')
        .map(({ what, why }) => `${what}: ${why}`)
        .join(),
    ).toMatch(/sign/i);
  });
});

describe('graph-importmime', () => {
  const mails = [
    { raw: SIGNED, flags: '\\Seen', date: '01-Jan-2020 09:00:00 +0000' },
    { raw: plain('plain'), flags: '\\Flagged work', date: '01-Jan-2020 09:00:00 +0000' },
    { raw: plain('a draft'), folder: 'Drafts', flags: '\\Draft' },
  ];

  it('with its permission and a probe that passed every message arrives whole, once', async () => {
    const at = await start('graph-importmime', {
      exchange: { roles: ADVANCED, switches: { importMimeDate: 'date-header' } },
    });
    await store(at.old, 'ann', mails);
    await at.readOldAgain();
    expect(await at.run('plan')).toMatchObject({ code: 0 });
    expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { moved_now: 3 } });
    expect(at.differences()).toEqual([]);
    expect(bySubject(at).get('signed')?.mime).toBe(sha256(SIGNED));
    expect(bySubject(at).get('plain')).toMatchObject({ categories: ['work'] });
    expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
    await at.loseLedger();
    expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { already_there: 3 }, destination_writes: 0 });
    expect(at.differences()).toEqual([]);
  });

  it.each([
    ['504 after commit', { after: { status: 504, code: 'UnknownError' } }],
    ['reset after commit', { after: 'reset' }],
    ['reset before commit', { before: 'reset' }],
  ] as const)('proof 3: %s, and it is there once', async (_, fault) => {
    const at = await start('graph-importmime', {
      exchange: { roles: ADVANCED, switches: { importMimeDate: 'date-header' } },
    });
    await store(at.old, 'ann', mails);
    await at.readOldAgain();
    expect(await at.run('plan')).toMatchObject({ code: 0 });
    at.exchange.faults.add({ method: 'POST', path: /importMime$/, ...fault });
    const first = await sync(at);
    if (first.exit_code !== 0) expect(await sync(at)).toMatchObject({ exit_code: 0 });
    expect(at.differences()).toEqual([]);
  });

  it.each([
    ['the ledger is lost', null],
    ['504 after commit', { after: { status: 504, code: 'UnknownError' } }],
  ] as const)(
    'what arrives at another date than it had, as importMime has no place for it, is there once: %s',
    async (_, fault) => {
      const at = await start('graph-importmime', {
        exchange: { roles: ADVANCED, switches: { importMimeDate: 'date-header' } },
      });
      await store(at.old, 'ann', [{ raw: plain('one'), flags: '\\Seen' }, { raw: plain('two') }]);
      expect(await at.run('plan')).toMatchObject({ code: 0 });
      if (fault !== null) at.exchange.faults.add({ method: 'POST', path: /importMime$/, ...fault });
      const first = await sync(at);
      if (fault === null) await at.loseLedger();
      if (first.exit_code !== 0 || fault === null) expect(await sync(at)).toMatchObject({ exit_code: 0 });
      const copies = at.folders('ann').get('INBOX') ?? [];
      expect(copies.map(({ subject, isRead, received }) => [subject, isRead, received]).sort()).toEqual([
        ['one', true, '2020-01-01T09:00:00Z'],
        ['two', false, '2020-01-01T09:00:00Z'],
      ]);
      expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
    },
  );

  it.each([
    ['is not rolled out', { importMime: 'missing' }, ADVANCED],
    ['loses the dates', { importMimeDate: 'now' }, ADVANCED],
    ['is not permitted', { importMimeDate: 'date-header' }, DEFAULT_ROLES],
  ] as const)('is not used where it %s: the plan says so', async (_, switches, roles) => {
    const at = await start('graph-importmime', { exchange: { roles, switches } });
    await store(at.old, 'ann', mails);
    const done = await at.run('plan', '--json');
    expect(done.code).not.toBe(0);
    expect(eventsOf(done, 'error')).toHaveLength(1);
    const stored = [...at.exchange.world.mailboxes.values()].flatMap((one) => [...one.items()]);
    expect(stored).toEqual([]);
  });
});
