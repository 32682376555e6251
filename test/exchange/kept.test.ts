import { mailboxOf } from '@mxodus/lab';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { flag, play, unflag } from '../delta/play.ts';
import { summaryOf } from '../journey.ts';
import { eventsOf } from './events.ts';
import { type ExchangeWorld, startExchangeWorld } from './exchange-world.ts';
import { plain, store, withAttachment } from './source-mail.ts';

/** What a copy keeps, and what the report says of the rest. One world; each test has a mailbox of its own. */

let world: ExchangeWorld;
const USERS = ['kinds', 'ids', 'flags', 'losses', 'german', 'cases'];

beforeAll(async () => {
  world = await startExchangeWorld({
    users: USERS,
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    oldServer: 'limits: { connections: 40, connections_per_mailbox: 2 }',
    config: 'sync: { settle: 200ms }',
    exchange: {
      users: USERS.map((user) => ({ address: `${user}@example.test`, locale: user === 'german' ? 'de' : 'en' })),
    },
  });
});
afterAll(() => world.stop());

const only = (user: string): string[] => ['--mailbox', `${user}@example.test`];

/** Plans, syncs one mailbox twice; the second writes nothing. Returns the first sync. */
async function sync(user: string) {
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  const first = await world.run('sync', world.plan, '--json', ...only(user));
  expect(first).toMatchObject({ code: 0 });
  const second = summaryOf(await world.run('sync', world.plan, '--json', ...only(user)));
  expect(second).toMatchObject({ exit_code: 0, destination_writes: 0 });
  return first;
}

const messagesOf = (user: string) => [...world.folders(user).values()].flat();

it('proof 1 and 2: a draft is what was one, wherever it is; dates are those of INTERNALDATE to the second', async () => {
  const dates = [
    '01-Jan-1970 00:00:01 +0000',
    '29-Feb-2020 23:59:59 +0000',
    '31-Dec-2016 23:59:59 -0800',
    '19-Jan-2038 03:14:08 +0000',
  ];
  await store(world.old, 'kinds', [
    ...dates.map((date, at) => ({ raw: plain(`dated ${at}`), date })),
    { raw: plain('a draft'), folder: 'Drafts', flags: '\\Draft' },
    { raw: plain('a draft elsewhere'), folder: 'Letters', flags: '\\Draft \\Seen' },
    { raw: plain('no draft'), folder: 'Drafts', flags: '\\Seen' },
    { raw: withAttachment('large', 10_000), folder: 'Sent' },
  ]);
  await world.readOldAgain();
  await sync('kinds');
  expect(world.differences().filter((line) => line.startsWith('kinds:'))).toEqual([]);
  const drafts = messagesOf('kinds').flatMap(({ subject, isDraft }) => (isDraft ? [subject] : []));
  expect(drafts.sort()).toEqual(['a draft', 'a draft elsewhere']);
});

const IDS = [
  '<a+b@x.example>',
  '<a&b=c@x.example>',
  '<a#b@x.example>',
  "<o'b''c@x.example>",
  '<100%41%zz@x.example>',
  '<a b/c?d@x.example>',
];

it('proof 8, 9 and 10: ids that differ in case only, Message-IDs of any characters, missing and equal ones', async () => {
  const mails = [
    ...IDS.map((messageId, at) => ({ raw: plain(`id ${at}`, { messageId }) })),
    { raw: plain('none', { messageId: null }) },
    { raw: plain('none', { messageId: null }) },
    { raw: plain('same', { messageId: '<same@x.example>' }) },
    { raw: plain('same', { messageId: '<same@x.example>' }) },
    { raw: plain('other with the id of same', { messageId: '<same@x.example>' }) },
  ];
  await store(world.old, 'ids', mails);
  await world.readOldAgain();
  await sync('ids');
  expect(
    messagesOf('ids')
      .map(({ subject }) => subject)
      .sort(),
  ).toEqual([
    'id 0',
    'id 1',
    'id 2',
    'id 3',
    'id 4',
    'id 5',
    'none',
    'none',
    'other with the id of same',
    'same',
    'same',
  ]);
  const user = world.exchange.world.userOf('ids@example.test');
  const ids =
    user === undefined ? [] : [...mailboxOf(world.exchange.world, user).items()].map(({ immutableId }) => immutableId);
  expect(new Set(ids.map((id) => id.toLowerCase())).size).toBeLessThan(new Set(ids).size);
  // Each change reaches the message it is for.
  for (const at of IDS.keys()) await play(world.old, 'ids', [flag(`id ${at}`, `\\Flagged kw${at}`)]);
  expect(summaryOf(await world.run('sync', world.plan, '--json', ...only('ids')))).toMatchObject({ exit_code: 0 });
  const flagged = messagesOf('ids').flatMap(({ subject, categories, flag: { flagStatus } }) =>
    flagStatus === 'flagged' ? [`${subject} ${categories.join()}`] : [],
  );
  expect(flagged.sort()).toEqual(IDS.map((_, at) => `id ${at} kw${at}`));
});

it('proof 11: flags and categories make the round trip; verify finds no difference', async () => {
  const flags = [
    '\\Seen',
    '\\Flagged',
    '\\Seen \\Flagged',
    '\\Answered',
    '$Forwarded',
    'work home',
    '\\Seen \\Answered \\Flagged work',
    '',
  ];
  await store(
    world.old,
    'flags',
    flags.map((one, at) => ({ raw: plain(`flags ${at}`), flags: one })),
  );
  await sync('flags');
  expect(await world.run('verify', world.plan, '--level', 'headers', ...only('flags'))).toMatchObject({ code: 0 });
  await play(world.old, 'flags', [flag('flags 0', 'late'), unflag('flags 2', '\\Seen'), unflag('flags 5', 'home')]);
  const second = summaryOf(await world.run('sync', world.plan, '--json', ...only('flags')));
  expect(second).toMatchObject({ exit_code: 0 });
  const shown = messagesOf('flags').map((one) => {
    const verb = one.extended['Integer 0x1081'] ?? '';
    return [
      one.subject,
      one.isRead ? 'read' : '',
      one.flag.flagStatus === 'flagged' ? 'flagged' : '',
      verb,
      ...one.categories,
    ]
      .filter((word) => word !== '')
      .join(' ');
  });
  expect(shown.sort()).toEqual([
    'flags 0 read late',
    'flags 1 flagged',
    'flags 2 flagged',
    'flags 3 102',
    'flags 4 104',
    'flags 5 work',
    'flags 6 read flagged 102 work',
    'flags 7',
  ]);
  const third = summaryOf(await world.run('sync', world.plan, '--json', ...only('flags')));
  expect(third).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('proof 12: the report names each loss', async () => {
  const mime = (type: string, body: string) => ({ header: `MIME-Version: 1.0\r\nContent-Type: ${type}\r\n`, body });
  const both =
    '--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>rich\r\n--b--\r\n';
  const signed =
    '--b\r\nContent-Type: text/plain\r\n\r\nsigned text\r\n--b\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\nMII\r\n--b--\r\n';
  await store(world.old, 'losses', [
    { raw: plain('alternative', mime('multipart/alternative; boundary=b', both)) },
    { raw: plain('signed', mime('multipart/signed; boundary=b; protocol="application/pgp-signature"', signed)) },
    { raw: plain('deleted'), flags: '\\Deleted' },
    { raw: plain('two verbs'), flags: '\\Answered $Forwarded' },
    { raw: plain('bad charset', mime('text/plain; charset=x-none', '\xff\xfe\r\n')) },
    { raw: plain('long'.repeat(80)) },
    { raw: plain('nothing lost') },
  ]);
  await sync('losses');
  const report = await world.run('report', world.plan, '--json');
  expect(report.code).toBe(0);
  const rows = eventsOf(report, 'alteration').filter(
    ({ mailbox, uid }) => mailbox === 'losses@example.test' && uid !== null,
  );
  const told = new Map<unknown, string>();
  for (const { uid, what, why } of rows) told.set(uid, `${told.get(uid) ?? ''}${what}: ${why}; `);
  expect([...told.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(told.get(1)).toContain('plain-text alternative was left out');
  expect(told.get(2)).toMatch(/sign/i);
  expect(told.get(3)).toContain('\\Deleted');
  expect(told.get(4)).toContain('$Forwarded');
  expect(told.get(5)).toMatch(/read as|replaced/);
  expect(told.get(6)).toContain('subject');
});

it('proof 14: in a German mailbox nothing gets a twin of Gesendete Elemente', async () => {
  const folders = ['Sent', 'Drafts', 'Trash', 'Junk', 'Archive', 'Sent/2019'];
  await store(
    world.old,
    'german',
    folders.map((folder) => ({ raw: plain(folder), folder })),
  );
  await sync('german');
  const found = [...world.folders('german')].map(
    ([name, messages]) => `${name}: ${messages.map(({ subject }) => subject).join()}`,
  );
  expect(found.sort()).toEqual(
    [
      // Not provisioned there before somebody archives, so it is a folder like any other.
      'Archive: Archive',
      'Entwürfe: Drafts',
      'Gelöschte Elemente: Trash',
      'Gesendete Elemente/2019: Sent/2019',
      'Gesendete Elemente: Sent',
      'Junk-E-Mail: Junk',
    ].sort(),
  );
});

it('proof 15: folders whose names differ in case only stay two, each with its mail', async () => {
  const folders = ['Case', 'CASE', 'case', 'Case/Below', 'case/below'];
  await store(
    world.old,
    'cases',
    folders.map((folder) => ({ raw: plain(`in ${folder}`), folder })),
  );
  await sync('cases');
  const found = [...world.folders('cases')].map(([name, messages]) => [name, messages.map(({ subject }) => subject)]);
  const subjects = found.flatMap(([, list]) => list);
  expect(subjects.sort()).toEqual(folders.map((folder) => `in ${folder}`).sort());
  const names = found.map(([name]) => String(name).toLowerCase());
  expect(new Set(names).size).toBe(folders.length);
});
