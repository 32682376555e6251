import { MailboxUser, mailboxOf } from '@mxodus/lab';
import { afterEach, describe, expect, it } from 'vitest';
import { BEFORE, type Case, DELETES, FLAGS, MOVES } from '../delta/cases.ts';
import { type Act, flag, move, play, remove } from '../delta/play.ts';
import { summaryOf } from '../journey.ts';
import { eventsOf } from './events.ts';
import { type ExchangeWorld, type ExchangeWorldOptions, startExchangeWorld } from './exchange-world.ts';

/** The tables of test/delta, and more of them, where the destination is Exchange. Each table is one world, each case a mailbox of it. */

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const userOf = (index: number): string => `u${index + 1}`;

async function start(
  cases: readonly Case[],
  deletes: string,
  exchange: ExchangeWorldOptions['exchange'] = {},
): Promise<ExchangeWorld> {
  world = await startExchangeWorld({
    users: cases.map((_, index) => userOf(index)),
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    oldServer: 'limits: { connections: 40, connections_per_mailbox: 2 }',
    config: `sync: { settle: 200ms, deletes: ${deletes} }`,
    exchange,
  });
  for (const [index, { before = BEFORE }] of cases.entries()) await play(world.old, userOf(index), before);
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  return world;
}

/** The mailbox at Exchange, in the hands of its user. */
function userAt({ exchange }: ExchangeWorld, name: string): MailboxUser {
  const user = exchange.world.userOf(`${name}@example.test`);
  if (user === undefined) throw new Error(`no user ${name}`);
  return new MailboxUser(mailboxOf(exchange.world, user));
}

function playAtExchange(at: ExchangeWorld, name: string, acts: readonly Act[]): void {
  const user = userAt(at, name);
  const folder = (path: string) => {
    if (path === 'INBOX') return user.folder('inbox');
    const found = [...user.store.folders.all()].find(({ displayName }) => displayName === path);
    if (found === undefined) throw new Error(`no folder ${path}`);
    return found;
  };
  const item = (message: string, path: string) => {
    const found = [...user.store.lookups.inFolder(folder(path).id).all()].find(({ subject }) => subject === message);
    if (found === undefined) throw new Error(`no message ${message} in ${path}`);
    return found;
  };
  const change = (message: string, path: string, flags: string, on: boolean): void => {
    for (const one of flags.split(' ')) {
      const target = item(message, path);
      if (one === '\\Seen') user.markRead(target, on);
      else if (one === '\\Flagged') user.flag(target, on ? 'flagged' : 'notFlagged');
      else user.categorize(target, [...target.categories.filter((category) => category !== one), ...(on ? [one] : [])]);
    }
  };
  for (const act of acts) {
    switch (act.do) {
      case 'add': {
        const received = Date.parse('2020-01-02T10:00:00Z');
        const content = { subject: act.message, internetMessageId: `<${act.message}@example.test>`, received };
        user.deliver(content, folder(act.folder).id);
        break;
      }
      case 'flag':
      case 'unflag':
        change(act.message, act.folder, act.flags, act.do === 'flag');
        break;
      case 'move':
        user.move(item(act.message, act.folder), folder(act.to).id);
        break;
      case 'delete':
        user.delete(item(act.message, act.folder), 'for good');
        break;
      case 'make-folder':
        user.addFolder(act.folder);
        break;
      case 'delete-folder':
        user.store.discardFolder(folder(act.folder), 'for good');
        break;
      case 'copy':
      case 'rename-folder':
        throw new Error(`nobody does ${act.do} there`);
    }
  }
}

const VERBS: Readonly<Record<string, string>> = { 102: '\\Answered', 104: '$Forwarded' };

/** As `standing` of test/delta shows a mailbox. */
function standing(at: ExchangeWorld, name: string): Record<string, string[]> {
  const shown: Record<string, string[]> = {};
  for (const [folder, messages] of at.folders(name)) {
    if (messages.length === 0) continue;
    shown[folder === 'Deleted Items' ? 'Trash' : folder] = messages
      .map(({ subject, isRead, flag: { flagStatus }, categories, extended }) => {
        const verb = VERBS[extended['Integer 0x1081'] ?? ''] ?? '';
        const flags = [isRead ? '\\Seen' : '', flagStatus === 'flagged' ? '\\Flagged' : '', verb, ...categories];
        return [subject, ...flags.filter((one) => one !== '').sort()].join(' ');
      })
      .sort();
  }
  return shown;
}

const found = (at: ExchangeWorld, cases: readonly Case[]) =>
  Object.fromEntries(cases.map(({ name }, index) => [name, standing(at, userOf(index))]));

const expected = (cases: readonly Case[]) => Object.fromEntries(cases.map((one) => [one.name, one.expect]));

const sync = async (at: ExchangeWorld): Promise<Record<string, unknown>> =>
  summaryOf(await at.run('sync', at.plan, '--json'));

/** An item keeps its id wherever its user moves it, so that its flags follow it there. */
const HERE: readonly Case[] = MOVES.map((one) =>
  one.name === 'moved at the destination, flagged at the source'
    ? { ...one, expect: { Mine: ['m \\Flagged'], Work: ['other'] } }
    : one,
);

/** In Outlook a delete is a move to Deleted Items. */
const AT_EXCHANGE: readonly Case[] = [
  {
    name: 'deleted at Exchange, flagged at the source',
    source: [flag('m', '\\Flagged')],
    destination: [move('m', 'Deleted Items')],
    expect: { Trash: ['m \\Flagged'], Work: ['other'] },
  },
  {
    name: 'deleted at Exchange, moved at the source',
    source: [move('m', 'Work')],
    destination: [move('m', 'Deleted Items')],
    expect: { Trash: ['m'], Work: ['other'] },
  },
  {
    name: 'deleted at Exchange, deleted at the source',
    source: [remove('m')],
    destination: [move('m', 'Deleted Items')],
    expect: { Trash: ['m'], Work: ['other'] },
  },
];

describe.each([
  ['flags', [...FLAGS, ...AT_EXCHANGE], 'keep'],
  ['moves', HERE, 'keep'],
  ['deletes: keep', DELETES.keep, 'keep'],
  ['deletes: trash', [...DELETES.trash, ...AT_EXCHANGE], 'trash'],
  ['deletes: mirror', [...DELETES.mirror, ...AT_EXCHANGE], 'mirror'],
] as const)('%s', (_, cases, deletes) => {
  it('ends at Exchange as the table says, and a further pass writes nothing', async () => {
    const at = await start(cases, deletes);
    expect(await sync(at)).toMatchObject({ exit_code: 0 });
    expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
    for (const [index, { source = [], destination = [] }] of cases.entries()) {
      await play(at.old, userOf(index), source);
      playAtExchange(at, userOf(index), destination);
    }
    expect(await sync(at)).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
    expect(found(at, cases)).toEqual(expected(cases));
    expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
    expect(found(at, cases)).toEqual(expected(cases));
  });
});

const NOW = [{ name: 'answered', expect: {} }] as const;

it('\\Answered set at the source after 2026-12-31 is reported, and fails nothing; the other flags arrive', async () => {
  const at = await start(NOW, 'keep', { now: () => new Date(Date.now() + 90 * 86_400_000) });
  expect(await sync(at)).toMatchObject({ exit_code: 0 });
  await play(at.old, 'u1', [flag('m', '\\Answered \\Seen work'), flag('other', '$Forwarded \\Flagged', 'Work')]);
  const second = await at.run('sync', at.plan, '--json');
  expect(second.code).toBe(0);
  expect(standing(at, 'u1')).toEqual({ INBOX: ['m \\Seen work'], Work: ['other \\Flagged'] });
  expect(eventsOf(second, 'alteration').map(({ what, why }) => [what, String(why).includes('Mail-Advanced')])).toEqual([
    ['changed at the source, not at the destination: \\Answered', true],
    ['changed at the source, not at the destination: $Forwarded', true],
  ]);
  expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('proof 16: a 200 of $batch whose parts were turned away is no success', async () => {
  const at = await start(NOW, 'keep');
  const names = Array.from({ length: 25 }, (_, index) => `b${index + 10}`);
  await play(
    at.old,
    'u1',
    names.map((message): Act => ({ do: 'add', message, folder: 'INBOX' })),
  );
  expect(await sync(at)).toMatchObject({ exit_code: 0 });
  await play(
    at.old,
    'u1',
    names.map((message) => flag(message, `\\Seen k${message}`)),
  );
  const inner = { method: 'PATCH', where: 'inner' } as const;
  const turnedAway = { status: 429, code: 'ApplicationThrottled', headers: { 'retry-after': '1' } };
  at.exchange.faults.add({ ...inner, nth: 3, times: 4, before: turnedAway });
  at.exchange.faults.add({ ...inner, nth: 12, after: { status: 504, code: 'UnknownError' } });
  at.exchange.faults.add({ ...inner, nth: 15, before: { status: 503 } });
  at.exchange.forget();
  expect(await sync(at)).toMatchObject({ exit_code: 0 });
  expect(at.exchange.faults.all.map(({ struck }) => struck)).toEqual([4, 1, 1]);
  expect(standing(at, 'u1').INBOX).toEqual(['m', ...names.map((name) => `${name} \\Seen k${name}`)].sort());
  expect(at.exchange.highWater('u1@example.test')).toBeLessThanOrEqual(4);
  expect(await sync(at)).toMatchObject({ exit_code: 0, destination_writes: 0 });
});
