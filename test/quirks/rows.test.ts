import {
  brokenSearch,
  capabilities,
  dropsRows,
  listWithoutStatus,
  malformsRows,
  type Quirk,
  type RowChoice,
  type TruthMessage,
  withoutClosed,
  wrongSizes,
} from '@mxodus/lab';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Case, plainMail, type Synced, useQuirkyServers } from './quirky-servers.ts';

/** Sources whose answers are wrong, or not all there. */

const servers = useQuirkyServers();
const LISTED: RowChoice = { on: /FLAGS/ };
const FETCHED: RowChoice = { on: /BODY\.PEEK\[\]/ };
/** Messages 1 to 8; what is wrong concerns some of them. */
const COUNT = 8;

type Fault = readonly [name: string, uid: number, make: (uids: RowChoice) => Quirk];

interface Played {
  test: Case;
  first: Synced;
  /** With the faults that stay. */
  second: Synced;
  hits: ReadonlyMap<string, number>;
}

/** One mailbox for several faults, each of one message; two passes. */
async function play(faults: readonly Fault[]): Promise<Played> {
  const test = await servers.start();
  for (let uid = 1; uid <= COUNT; uid += 1) {
    // RFC 9051 allows a quoted string for this one.
    await test.deliver({ body: uid === 6 ? 'Subject: "six" \\ without any line end' : plainMail(`message ${uid}`) });
  }
  expect(await test.plan()).toMatchObject({ code: 0 });
  const quirks = faults.map(([, uid, make]) => make({ uids: [uid] }));
  test.old.setQuirks(quirks);
  const [first, second] = [await test.sync(), await test.sync()];
  return { test, first, second, hits: new Map(faults.map(([name], index) => [name, quirks[index]?.hits ?? 0])) };
}

/** The message as each end has it; of the destination all that are like it. */
async function compare(test: Case, uid: number): Promise<{ source: TruthMessage; copies: TruthMessage[] }> {
  const source = (await test.read('old')).INBOX?.messages[uid - 1];
  if (!source) throw new Error(`The source has no message ${uid}.`);
  const all = (await test.read('new')).INBOX?.messages ?? [];
  return { source, copies: all.filter(({ sha256 }) => sha256 === source.sha256) };
}

const like = ({ internalDate, flags }: TruthMessage) => ({ internalDate, flags });

describe('a wrong RFC822.SIZE changes nothing:', () => {
  const sizes: readonly Fault[] = [
    ['7 too many', 1, (uids) => wrongSizes((real) => real + 7, uids)],
    ['3 too few', 2, (uids) => wrongSizes((real) => real - 3, uids)],
    ['0', 3, (uids) => wrongSizes(() => 0, uids)],
    ['3 GB', 4, (uids) => wrongSizes(() => 3_000_000_000, uids)],
    ['NIL', 5, (uids) => wrongSizes(() => null, uids)],
  ];
  let played: Played;
  beforeAll(async () => {
    played = await play(sizes);
  });
  it.each(sizes)('%s', async (name, uid) => {
    expect(played.hits.get(name)).toBeGreaterThan(0);
    const { source, copies } = await compare(played.test, uid);
    expect(copies.map(like)).toEqual([like(source)]);
  });
  it('all of them count as moved, and the second pass sends nothing', () => {
    expect(played.first.summary).toMatchObject({ exit_code: 0, buckets: { moved_now: COUNT, failed: 0 } });
    expect(played.second.summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });
});

describe('what goes wrong once is asked for again:', () => {
  const once: readonly Fault[] = [
    ['a row dropped from the listing', 1, (uids) => dropsRows({ ...LISTED, ...uids, times: 1 })],
    ['a row dropped from the bodies', 2, (uids) => dropsRows({ ...FETCHED, ...uids, times: 1 })],
    ['BODY[] NIL', 3, (uids) => malformsRows('body-nil', { ...FETCHED, ...uids, times: 1 })],
    ['an empty body', 4, (uids) => malformsRows('body-empty', { ...FETCHED, ...uids, times: 1 })],
    ['half a body', 5, (uids) => malformsRows('body-short', { ...FETCHED, ...uids, times: 1 })],
    ['a quoted body, which is right', 6, (uids) => malformsRows('body-quoted', { ...FETCHED, ...uids })],
    ['a row with a parenthesis too few', 7, (uids) => malformsRows('unbalanced', { ...FETCHED, ...uids, times: 1 })],
  ];
  let played: Played;
  beforeAll(async () => {
    played = await play(once);
  });
  it.each(once)('%s', async (name, uid) => {
    expect(played.hits.get(name)).toBeGreaterThan(0);
    const { source, copies } = await compare(played.test, uid);
    expect(copies.map(like)).toEqual([like(source)]);
  });
  it('by the second pass at the latest, and nothing else is stored', async () => {
    expect(played.first.summary).toMatchObject({ source_messages: COUNT, buckets: { cannot: 0, in_doubt: 0 } });
    expect(played.second.summary).toMatchObject({ exit_code: 0, source_messages: COUNT, buckets: { failed: 0 } });
    expect(await played.test.held('new')).toEqual(await played.test.held('old'));
  });
});

describe('what the source never gives is named, and nothing takes its place:', () => {
  const always: readonly Fault[] = [
    ['a row dropped from the bodies', 1, (uids) => dropsRows({ on: /BODY/, ...uids })],
    ['a row dropped from everything', 2, (uids) => dropsRows(uids)],
    ['BODY[] NIL', 3, (uids) => malformsRows('body-nil', uids)],
    ['an empty body', 4, (uids) => malformsRows('body-empty', uids)],
  ];
  let played: Played;
  let named: unknown[];
  beforeAll(async () => {
    played = await play(always);
    named = played.second.notMoved.map(({ uid }) => uid);
  });
  it.each(always)('%s', async (name, uid) => {
    expect(played.hits.get(name)).toBeGreaterThan(0);
    expect(named).toContain(uid);
    expect((await compare(played.test, uid)).copies).toEqual([]);
  });
  it('the others arrive; these do as soon as the source gives them', async () => {
    const { test, first, second } = played;
    expect(first.summary).toMatchObject({
      exit_code: 3,
      source_messages: COUNT,
      buckets: { moved_now: COUNT - always.length, failed: always.length },
    });
    expect(second.summary).toMatchObject({ exit_code: 3, buckets: { failed: always.length } });
    expect(await test.held('new')).toHaveLength(COUNT - always.length);
    test.old.setQuirks([]);
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_now: always.length } });
    expect(await test.held('new')).toEqual(await test.held('old'));
  });
});

describe('a row that cannot be read is no reason to lose its message:', () => {
  const malformed: readonly Fault[] = [
    ['a parenthesis too few', 1, (uids) => malformsRows('unbalanced', { ...LISTED, ...uids })],
    ['a date of 1899', 2, (uids) => malformsRows('date-1899', { ...LISTED, ...uids })],
    ['no date', 3, (uids) => malformsRows('date-nil', { ...LISTED, ...uids })],
  ];
  let played: Played;
  beforeAll(async () => {
    played = await play(malformed);
  });
  it.each(malformed)('%s', async (name, uid) => {
    expect(played.hits.get(name)).toBeGreaterThan(0);
    const { copies } = await compare(played.test, uid);
    // Its Date header is nearer than the day of the move.
    expect(copies.map(({ internalDate }) => internalDate.slice(0, 10))).toEqual(['2020-01-02']);
  });
  it('all of them count as moved, and the second pass sends nothing', () => {
    expect(played.first.summary).toMatchObject({ exit_code: 0, buckets: { moved_now: COUNT, failed: 0 } });
    expect(played.second.summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });
});

describe.each(['old', 'new'] as const)('at the %s server', (end) => {
  it.each<[string, () => Quirk[]]>([
    ['SEARCH is refused', () => [brokenSearch('refused')]],
    ['SEARCH finds nothing', () => [brokenSearch('finds nothing')]],
    [
      'LIST returns no STATUS, [CLOSED] is missing and there is no NAMESPACE',
      () => [listWithoutStatus(), withoutClosed(), capabilities({ remove: ['NAMESPACE'] })],
    ],
  ])('%s: all arrives, and nothing twice', async (_, quirks) => {
    const test = await servers.start({ [end]: quirks() });
    await test.deliverPlain(4);
    await test.deliverPlain(4, 'more', 'Work');
    expect(await test.plan()).toMatchObject({ code: 0 });
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 8, failed: 0 } });
    await test.deliver({ body: plainMail('one more') });
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_before: 8, moved_now: 1 } });
    expect(await test.held('new')).toEqual(await test.held('old'));
  });
});
