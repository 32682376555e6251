import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  compareMailboxes,
  gmail,
  type QuirkServer,
  readMailbox,
  seedMaildirs,
  startDovecot,
  startQuirkServer,
} from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import { type BreakableLine, type Broken, startBreakableLine } from '../crash/breakable-line.ts';
import {
  type Act,
  add,
  copy,
  deleteFolder,
  flag,
  makeFolder,
  move,
  play,
  remove,
  renameFolder,
  standing,
} from '../delta/play.ts';
import {
  type Journey,
  type JourneyOptions,
  type JourneyStart,
  startJourney,
  startJourneyBetween,
  summaryOf,
} from '../journey.ts';
import { arrived, type KillAt, reverse, reverseKilled } from './reverse-world.ts';

/** After a rollback: what reached the new side goes back to the old one, and neither side gets anything twice. */

let journey: Journey | undefined;
afterEach(async () => {
  await journey?.stop();
  journey = undefined;
});

interface Case {
  name: string;
  /** At the old side before the copy; default: one message "m" in INBOX, one "other" in Work. */
  before?: readonly Act[];
  /** Between the copy and the rollback. */
  old?: readonly Act[];
  new?: readonly Act[];
  /** What the old side holds then. */
  expect: Readonly<Record<string, readonly string[]>>;
}

const BEFORE: readonly Act[] = [makeFolder('Work'), add('m'), add('other', 'Work')];
const REST = { Work: ['other'] };

const CASES: readonly Case[] = [
  { name: 'nothing', expect: { INBOX: ['m'], ...REST } },
  {
    name: 'delivered, with its flags',
    new: [add('x', 'INBOX', '\\Flagged \\Seen home')],
    expect: { INBOX: ['m', 'x \\Flagged \\Seen home'], ...REST },
  },
  {
    name: 'sent and drafted',
    new: [makeFolder('Sent'), makeFolder('Drafts'), add('s', 'Sent', '\\Seen'), add('d', 'Drafts', '\\Draft \\Seen')],
    expect: { INBOX: ['m'], Drafts: ['d \\Draft \\Seen'], Sent: ['s \\Seen'], ...REST },
  },
  {
    name: 'in folders that were made there; an empty one is not made',
    new: [makeFolder('New'), add('x', 'New'), makeFolder('New/Below'), add('y', 'New/Below'), makeFolder('Empty')],
    expect: { INBOX: ['m'], New: ['x'], 'New/Below': ['y'], ...REST },
  },
  { name: 'a copy that was moved', new: [move('m', 'Work')], expect: { INBOX: ['m'], ...REST } },
  {
    name: 'a copy that was moved to a new folder',
    new: [makeFolder('Mine'), move('m', 'Mine')],
    expect: { INBOX: ['m'], ...REST },
  },
  {
    name: 'a copy that was moved, and new mail beside it',
    new: [makeFolder('Mine'), move('m', 'Mine'), add('x', 'Mine')],
    expect: { INBOX: ['m'], Mine: ['x'], ...REST },
  },
  { name: 'a copy that was deleted', new: [remove('m')], expect: { INBOX: ['m'], ...REST } },
  { name: 'a copy that was flagged', new: [flag('m', '\\Flagged')], expect: { INBOX: ['m'], ...REST } },
  {
    name: 'a folder of copies that was renamed, with new mail',
    new: [renameFolder('Work', 'Attic'), add('x', 'Attic')],
    expect: { Attic: ['x'], INBOX: ['m'], ...REST },
  },
  { name: 'a folder of copies that was deleted', new: [deleteFolder('Work')], expect: { INBOX: ['m'], ...REST } },
  { name: 'a second copy made by the user', new: [copy('m', 'Work')], expect: { INBOX: ['m'], Work: ['m', 'other'] } },
  {
    name: 'new mail that was filed',
    new: [add('x'), move('x', 'Work')],
    expect: { INBOX: ['m'], Work: ['other', 'x'] },
  },
  { name: 'twice the same', new: [add('x'), add('x')], expect: { INBOX: ['m', 'x', 'x'], ...REST } },
  { name: 'there at both sides', old: [add('x')], new: [add('x')], expect: { INBOX: ['m', 'x'], ...REST } },
  {
    name: 'there at both sides, in different folders',
    old: [add('x')],
    new: [add('x', 'Work')],
    expect: { INBOX: ['m', 'x'], ...REST },
  },
  {
    name: 'one of two equal ones moved, another new',
    before: [makeFolder('Work'), add('m'), add('m'), add('other', 'Work')],
    new: [move('m', 'Work'), add('x')],
    expect: { INBOX: ['m', 'm', 'x'], ...REST },
  },
  { name: 'a copy that was moved, its original deleted', old: [remove('m')], new: [move('m', 'Work')], expect: REST },
  {
    name: 'a copy in place, its original deleted',
    old: [remove('m')],
    new: [add('x')],
    expect: { INBOX: ['x'], ...REST },
  },
  {
    name: 'moved at both sides',
    old: [makeFolder('Here'), move('m', 'Here')],
    new: [makeFolder('Mine'), move('m', 'Mine')],
    expect: { Here: ['m'], ...REST },
  },
  {
    name: 'late mail at the old side',
    old: [add('late')],
    new: [add('x')],
    expect: { INBOX: ['late', 'm', 'x'], ...REST },
  },
];

const userOf = (index: number): string => `u${index + 1}`;

const sync = async (at: Journey) => summaryOf(await at.run('sync', at.plan, '--json'));

/** Each case a mailbox of its own. */
async function start(
  cases: readonly { name: string; before?: readonly Act[] }[],
  more: Partial<JourneyOptions> = {},
): Promise<Journey> {
  const world = await startJourney({
    users: cases.map((_, index) => userOf(index)),
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    config: 'sync: { settle: 300ms }',
    limits: '{ connections: 60, connections_per_mailbox: 2 }',
    ...more,
  });
  journey = world;
  for (const [index, { before = BEFORE }] of cases.entries()) await play(world.old, userOf(index), before);
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(world)).toMatchObject({ exit_code: 0 });
  return world;
}

async function standings(at: Journey, side: 'old' | 'new', cases: readonly { name: string }[]) {
  const entries = cases.map(async ({ name }, index) => [name, await standing(at[side], userOf(index))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

const NOTHING_WRITTEN = { exitCode: 0, destinationWrites: 0, buckets: { moved_now: 0, failed: 0, in_doubt: 0 } };

it('brings back what was at the new side only, as the table says; nothing comes twice, back or forward', async () => {
  const world = await start(CASES);
  for (const [index, one] of CASES.entries()) {
    await play(world.old, userOf(index), one.old ?? []);
    await play(world.new, userOf(index), one.new ?? []);
  }
  const expected = Object.fromEntries(CASES.map((one) => [one.name, one.expect]));
  const atNew = await standings(world, 'new', CASES);
  expect(await reverse(world)).toMatchObject({ exitCode: 0, buckets: { failed: 0, cannot: 0, in_doubt: 0 } });
  expect(await standings(world, 'old', CASES)).toEqual(expected);
  expect(await reverse(world)).toMatchObject(NOTHING_WRITTEN);
  // The late mail of the last case is all there is to do forward.
  expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { moved_now: 1, failed: 0, in_doubt: 0 } });
  const late = 'late mail at the old side';
  const withLate = { ...atNew[late], INBOX: ['late', 'm', 'x'] };
  expect(await standings(world, 'new', CASES)).toEqual({ ...atNew, [late]: withLate });
  expect(await reverse(world)).toMatchObject(NOTHING_WRITTEN);
});

interface Round {
  name: string;
  before?: readonly Act[];
  /** At the new side before the first rollback. */
  new: readonly Act[];
  /** At the old side after it. */
  old?: readonly Act[];
  /** The new side after the sync that follows. */
  forward: Case['expect'];
  /** At the new side before the second rollback. */
  again?: readonly Act[];
  /** The old side after it. */
  expect: Case['expect'];
}

const ROUNDS: readonly Round[] = [
  {
    name: 'what went back was filed and read at the old side',
    new: [add('x')],
    old: [flag('x', '\\Seen'), move('x', 'Work')],
    forward: { INBOX: ['m'], Work: ['other', 'x \\Seen'] },
    again: [add('y'), makeFolder('Mine'), move('x', 'Mine', 'Work')],
    expect: { INBOX: ['m', 'y'], Work: ['other', 'x \\Seen'] },
  },
  {
    name: 'what went back was deleted at the old side',
    new: [add('x'), add('y', 'Work')],
    old: [remove('x')],
    forward: { INBOX: ['m', 'x'], Work: ['other', 'y'] },
    again: [add('z')],
    expect: { INBOX: ['m', 'z'], Work: ['other', 'y'] },
  },
  {
    name: 'a folder of the new side',
    new: [makeFolder('New'), add('x', 'New')],
    old: [add('o', 'New')],
    forward: { INBOX: ['m'], New: ['o', 'x'], Work: ['other'] },
    again: [add('y', 'New'), move('o', 'INBOX', 'New')],
    expect: { INBOX: ['m'], New: ['o', 'x', 'y'], Work: ['other'] },
  },
  {
    name: 'a folder that has another name at the new side',
    before: [...BEFORE, makeFolder('Sent Items'), add('s', 'Sent Items')],
    new: [add('x', 'Sent')],
    forward: { INBOX: ['m'], Sent: ['s', 'x'], Work: ['other'] },
    expect: { INBOX: ['m'], 'Sent Items': ['s', 'x'], Work: ['other'] },
  },
];

it('after a second cutover the same holds: users go on working at either side, and nothing comes twice', async () => {
  const config = 'sync: { settle: 300ms, folders: { map: { "Sent Items": Sent } } }';
  const world = await start(ROUNDS, { config });
  for (const [index, round] of ROUNDS.entries()) await play(world.new, userOf(index), round.new);
  expect(await arrived(world, '2020-01-02T10:00:00Z')).toMatchObject({ messages: 5, notLookedAt: [] });
  expect(await arrived(world, '2020-01-02T10:00:01Z')).toMatchObject({ messages: 0, bytes: 0 });
  expect(await reverse(world)).toMatchObject({ exitCode: 0 });
  for (const [index, { old = [] }] of ROUNDS.entries()) await play(world.old, userOf(index), old);
  expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  expect(await standings(world, 'new', ROUNDS)).toEqual(
    Object.fromEntries(ROUNDS.map((one) => [one.name, one.forward])),
  );
  for (const [index, { again = [] }] of ROUNDS.entries()) await play(world.new, userOf(index), again);
  expect(await reverse(world)).toMatchObject({ exitCode: 0, buckets: { moved_now: 3 } });
  const expected = Object.fromEntries(ROUNDS.map((one) => [one.name, one.expect]));
  expect(await standings(world, 'old', ROUNDS)).toEqual(expected);
  expect(await reverse(world)).toMatchObject(NOTHING_WRITTEN);
  expect(await sync(world)).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('brings back to one mailbox what reached the one that several went into: to that of its address', async () => {
  const world = await start([{ name: 'ann' }, { name: 'bob', before: [add('b')] }], { into: 'u1' });
  await play(world.new, 'u1', [add('x'), move('b', 'Work')]);
  expect(await reverse(world)).toMatchObject({ exitCode: 0, buckets: { moved_now: 1, failed: 0 } });
  expect(await standing(world.old, 'u1')).toEqual({ INBOX: ['m', 'x'], Work: ['other'] });
  expect(await standing(world.old, 'u2')).toEqual({ INBOX: ['b'] });
  expect(await sync(world)).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('brings back once what Gmail lists in the folder of each of its labels, and in All Mail', async () => {
  const gmailAt: { server?: QuirkServer } = {};
  const before = [add('m'), makeFolder('Work'), add('other', 'Work')];
  const world = await start([{ name: 'ann', before }], {
    new: { layout: 'fs' },
    newPort: async (port) => {
      const account = () => ({ user: 'u1', password: journey?.new.password ?? '' });
      const quirks = gmail({ account });
      gmailAt.server = await startQuirkServer({ target: { host: '127.0.0.1', port }, quirks });
      return gmailAt.server.port;
    },
    limits: '{ connections: 10, connections_per_mailbox: 2 }',
  });
  const all = '[Gmail]/All Mail';
  await play(world.new, 'u1', [
    ...[makeFolder(all), copy('m', all), copy('other', all, 'Work'), makeFolder('Clients')],
    // A label for a copy; new mail with two labels; new mail that was archived; a copy that was.
    ...[copy('m', 'Clients'), add('x', all), copy('x', 'INBOX', all), copy('x', 'Clients', all), add('a', all)],
    remove('other', 'Work'),
  ]);
  expect(await reverse(world)).toMatchObject({ exitCode: 0, buckets: { moved_now: 2, failed: 0 } });
  expect(await standing(world.old, 'u1')).toEqual({ INBOX: ['m', 'x'], Work: ['other'], [all]: ['a'] });
  expect(await reverse(world)).toMatchObject(NOTHING_WRITTEN);
  await gmailAt.server?.stop();
});

it('brings back hostile mail and mail without a Message-ID, byte for byte, with flags, dates and folders', async () => {
  const seed = { users: ['ann'], hostile: true, largestBytes: 1_500_000, bigMessages: 1 };
  const dovecot = ({ dir, name, password }: JourneyStart) =>
    startDovecot({ dir, name, password, maxUserIpConnections: 50, saveCrlf: true });
  const world = await startJourneyBetween({
    users: ['ann'],
    old: dovecot,
    new: async (at) => {
      const server = await dovecot(at);
      await seedMaildirs({ server, messagesPerUser: 150, seed: 5, ...seed });
      return server;
    },
    seed: (server) => seedMaildirs({ server, messagesPerUser: 20, seed: 6, ...seed }),
    config: 'sync: { settle: 300ms }',
  });
  journey = world;
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { moved_now: 20 } });
  expect(await reverse(world)).toMatchObject({
    exitCode: 0,
    sourceMessages: 170,
    buckets: { moved_now: 150, moved_before: 20 },
  });
  // Folders that were there are left as they were, and empty ones are not made.
  const at = async (side: 'old' | 'new') => {
    const folders = Object.entries(await readMailbox(world[side], 'ann', world[side].password));
    const filled = folders.filter(([, { messages }]) => messages.length > 0);
    return Object.fromEntries(
      filled.map(([name, folder]) => [name, { ...folder, subscribed: true, specialUse: null }]),
    );
  };
  expect(compareMailboxes(await at('new'), await at('old'))).toEqual([]);
  expect(await reverse(world)).toMatchObject(NOTHING_WRITTEN);
  const forward = { exit_code: 0, source_messages: 170, destination_writes: 0 };
  expect(await sync(world)).toMatchObject({ ...forward, buckets: { already_there: 150, moved_before: 20 } });
});

const BODY = /^\* \d+ FETCH \([^\r]*BODY\[\] \{\d+\}\r\n/m;

const CUTS = [
  { name: 'inside APPEND', end: 'old', side: 'commands', on: /^\S+ APPEND /m, pass: 200 },
  { name: 'the OK to APPEND', end: 'old', side: 'answers', on: /^\S+ OK .*Append completed/m },
  { name: 'the OK to CREATE', end: 'old', side: 'answers', on: /^\S+ OK .*Create completed/m },
  { name: 'inside a body', end: 'new', side: 'answers', on: BODY, nth: 2, pass: 120 },
  { name: 'the look at the old folder', end: 'old', side: 'answers', on: /^\S+ OK .*Search completed/m },
] as const;

it('gets over a line that is cut', async () => {
  const lines: BreakableLine[] = [];
  const line = async (port: number): Promise<number> => {
    const made = await startBreakableLine(port);
    lines.push(made);
    return made.port;
  };
  const world = await start(CUTS, { oldPort: line, newPort: line });
  const [old, fresh] = lines;
  const breaks: Broken[] = [];
  for (const [index, { end, name: _, ...cut }] of CUTS.entries()) {
    const user = userOf(index);
    await play(world.new, user, [add('x'), add('y'), add('z', 'Work'), makeFolder('New'), add('n', 'New')]);
    const made = (end === 'old' ? old : fresh)?.add({ ...cut, user });
    if (made !== undefined) breaks.push(made);
  }
  expect(await reverse(world)).toMatchObject({ exitCode: 0, buckets: { moved_now: CUTS.length * 4, failed: 0 } });
  const expected = { INBOX: ['m', 'x', 'y'], New: ['n'], Work: ['other', 'z'] };
  expect(await standings(world, 'old', CUTS)).toEqual(Object.fromEntries(CUTS.map(({ name }) => [name, expected])));
  expect(breaks.map(({ hits }) => hits)).toEqual(CUTS.map(() => 1));
  for (const made of lines) await made.stop();
});

const LOST = [
  { name: 'that of the way back', files: ['acme/reverse.db'] },
  { name: 'that of the way forward', files: ['ledger.db'] },
  { name: 'both', files: ['acme/reverse.db', 'ledger.db'] },
];

it.each(LOST)('a lost ledger doubles nothing, back or forward: $name', async ({ files }) => {
  const world = await start([{ name: 'ann' }]);
  await play(world.new, 'u1', [
    ...[add('x'), add('y', 'INBOX', '\\Seen'), add('y'), makeFolder('Mine'), move('m', 'Mine'), add('z', 'Mine')],
    ...[add('w'), move('w', 'Work')],
  ]);
  expect(await reverse(world)).toMatchObject({ exitCode: 0, buckets: { moved_now: 5 } });
  const old = await standing(world.old, 'u1');
  expect(old).toEqual({ INBOX: ['m', 'x', 'y', 'y \\Seen'], Mine: ['z'], Work: ['other', 'w'] });
  expect(files.every((file) => existsSync(join(world.dir, '.mxodus', file)))).toBe(true);
  for (const file of files) {
    for (const end of ['', '-wal', '-shm']) await rm(join(world.dir, '.mxodus', `${file}${end}`), { force: true });
  }
  expect(await reverse(world)).toMatchObject(NOTHING_WRITTEN);
  expect(await standing(world.old, 'u1')).toEqual(old);
  // What its user moved is not looked for in other folders there.
  await play(world.new, 'u1', [move('m', 'INBOX', 'Mine')]);
  expect(await sync(world)).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { moved_now: 0 } });
});

/** `sync`: nobody goes on with the rollback before the next pass forward. */
const KILLS: readonly { at: KillAt; next: 'reverse' | 'sync' }[] = [
  { at: { of: 'ledger', method: 'writeIntents', when: 'after' }, next: 'reverse' },
  { at: { of: 'ledger', method: 'settle', when: 'before' }, next: 'reverse' },
  { at: { of: 'forward', method: 'adopt', when: 'before' }, next: 'sync' },
];

it('killed anywhere it goes on where it was: no message is lost or comes twice', async () => {
  const world = await start([{ name: 'ann' }]);
  const had = { INBOX: ['m'], Work: ['other'] };
  for (const [index, { at, next }] of KILLS.entries()) {
    await play(world.new, 'u1', [add(`a${index}`), add(`b${index}`, 'Work', '\\Seen')]);
    had.INBOX.push(`a${index}`);
    had.Work.push(`b${index} \\Seen`);
    expect([at, await reverseKilled(world, at)]).toEqual([at, 'SIGKILL']);
    if (next === 'reverse')
      expect(await reverse(world)).toMatchObject({ exitCode: 0, buckets: { failed: 0, in_doubt: 0 } });
    expect(await sync(world)).toMatchObject({ exit_code: 0, destination_writes: 0 });
    expect(await reverse(world)).toMatchObject({ exitCode: 0 });
    const expected = Object.fromEntries(Object.entries(had).map(([name, all]) => [name, [...all].sort()]));
    expect([at, await standing(world.old, 'u1'), await standing(world.new, 'u1')]).toEqual([at, expected, expected]);
  }
  expect(await reverse(world)).toMatchObject(NOTHING_WRITTEN);
});
