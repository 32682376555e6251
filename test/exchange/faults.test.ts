import type { GraphFault } from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import { summaryOf } from '../journey.ts';
import { eventsOf } from './events.ts';
import { type ExchangeWorld, type ExchangeWorldOptions, startExchangeWorld } from './exchange-world.ts';

/** Each table of faults is one sync, each of its rows a mailbox. */

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** The seventh folder is nested, and made there. */
const SEED = { messagesPerUser: 5, hostile: false, folders: 7, medianBytes: 1500 };

async function start(options: Partial<ExchangeWorldOptions>): Promise<ExchangeWorld> {
  world = await startExchangeWorld({
    users: ['ann'],
    seed: SEED,
    oldServer: 'limits: { connections: 60, connections_per_mailbox: 2 }',
    server: 'timeout: 4s, limits: { mailboxes: 40 }',
    config: 'sync: { settle: 600ms }',
    ...options,
  });
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  world.exchange.forget();
  return world;
}

const CREATE = '/mailFolders/[^/?]+/messages$';
const FOLDER = '/(mailFolders|childFolders)$';
const busy = { status: 429, code: 'ApplicationThrottled', headers: { 'retry-after': '1' } };

/** What can go wrong with the n-th of such requests. `{ }` stands for the mailbox. */
const FAULTS: Readonly<Record<string, Omit<GraphFault, 'path'> & { at?: string }>> = {
  '429 storm': { at: '/', nth: 2, times: 9, before: busy },
  '503 empty': { method: 'POST', at: CREATE, before: { status: 503 } },
  '500 without a code': { method: 'POST', at: CREATE, times: 2, before: { status: 500, body: '<html>' } },
  '504 before commit': { method: 'POST', at: CREATE, nth: 2, before: { status: 504, code: 'UnknownError' } },
  '504 after commit': { method: 'POST', at: CREATE, nth: 2, times: 2, after: { status: 504, code: 'UnknownError' } },
  'reset before commit': { method: 'POST', at: CREATE, before: 'reset' },
  'reset after commit': { method: 'POST', at: CREATE, nth: 3, after: 'reset' },
  silence: { method: 'POST', at: CREATE, nth: 2, before: 'silence' },
  'silence after commit': { method: 'POST', at: CREATE, nth: 3, after: 'silence' },
  'folder create 504': { method: 'POST', at: FOLDER, after: { status: 504, code: 'UnknownError' } },
  'folder create 503': { method: 'POST', at: FOLDER, before: { status: 503 } },
  '401 once': { at: '/', nth: 4, before: { status: 401, code: 'InvalidAuthenticationToken' } },
  'listings reset': { method: 'GET', at: '/mailFolders.*top=', times: 2, before: 'reset' },
};
const names = Object.keys(FAULTS);

/** Two of the same kind of request strike one after the other. The storm comes last: the first fault of the plan wins. */
function strike({ exchange }: ExchangeWorld, user: string, faults: readonly string[]): void {
  const [first, second] = faults.map((name) => FAULTS[name] ?? {}).sort((a, b) => (a.times ?? 1) - (b.times ?? 1));
  for (const fault of [first, second]) {
    if (fault === undefined) continue;
    const { at = '', nth = 1, ...rest } = fault;
    const later = fault === second && at === first?.at ? (first.nth ?? 1) + (first.times ?? 1) : nth;
    exchange.faults.add({ ...rest, nth: later, path: new RegExp(`/users/${user}(@|%40)[^/]+.*${at}`) });
  }
}

/** Each fault alone, and pairs: each with the fifth after it. */
const ROWS: readonly (readonly string[])[] = [
  ...names.map((name) => [name]),
  ...names.map((name, at) => [name, names[(at + 5) % names.length] ?? name]),
];

it('proof 3 and 4: any single fault and 13 pairs, exactly once; never more than four requests to a mailbox', async () => {
  const users = ROWS.map((_, at) => `u${at + 1}`);
  const at = await start({ users });
  for (const [row, faults] of ROWS.entries()) strike(at, users[row] ?? '', faults);
  const first = await at.run('sync', at.plan, '--json');
  expect(at.exchange.faults.all.filter(({ struck }) => struck === 0)).toEqual([]);
  if (first.code !== 0) expect(await at.run('sync', at.plan, '--json')).toMatchObject({ code: 0 });
  expect(first.code).toBe(0);
  expect(at.differences()).toEqual([]);
  const last = summaryOf(await at.run('sync', at.plan, '--json'));
  expect(last).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { moved_before: 5 * ROWS.length } });
  const most = users.map((user) => at.exchange.highWater(`${user}@example.test`));
  expect(Math.max(...most)).toBeLessThanOrEqual(4);
  expect(at.exchange.journal.filter(({ code, fault }) => code === 'ApplicationThrottled' && fault === null)).toEqual(
    [],
  );
});

it('proof 3: messages that show two seconds late, tokens that are revoked or live for three seconds', async () => {
  const users = ['ann', 'bob', 'cid'];
  const limits = { tokenLifetimeSeconds: 3 };
  const at = await start({ users, config: 'sync: { settle: 3s }', exchange: { limits } });
  at.exchange.switches.visibilityDelay = 2000;
  strike(at, 'ann', ['504 after commit', 'reset after commit']);
  strike(at, 'bob', ['reset before commit', 'silence after commit']);
  let creates = 0;
  const revoked: number[] = [];
  const unhook = at.exchange.onRequest(({ method, path }, when) => {
    if (when === 'before' || method !== 'POST' || !path.endsWith('/messages')) return;
    creates += 1;
    if (creates !== 4 && (creates < 9 || revoked.length > 1 || Date.now() - (revoked[0] ?? 0) < 1000)) return;
    revoked.push(Date.now());
    at.exchange.revokeTokens();
  });
  expect(await at.run('sync', at.plan)).toMatchObject({ code: 0 });
  unhook();
  expect(creates).toBeGreaterThan(14);
  expect(revoked.length).toBeGreaterThan(0);
  expect(at.exchange.journal.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
  expect(at.differences()).toEqual([]);
  expect(summaryOf(await at.run('sync', at.plan, '--json'))).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('proof 5: Retry-After is obeyed in all its forms, and shown as waiting', async () => {
  const forms: Readonly<Record<string, { header: () => Record<string, string>; atLeast: number }>> = {
    seconds: { header: () => ({ 'retry-after': '2' }), atLeast: 2000 },
    date: { header: () => ({ 'retry-after': new Date(Date.now() + 3000).toUTCString() }), atLeast: 1500 },
    missing: { header: () => ({}), atLeast: 1000 },
    zero: { header: () => ({ 'retry-after': '0' }), atLeast: 1000 },
  };
  const users = Object.keys(forms);
  const at = await start({ users });
  for (const user of users) {
    const headers = forms[user]?.header() ?? {};
    const before = { status: 429, code: 'ApplicationThrottled', headers };
    at.exchange.faults.add({ path: new RegExp(`/users/${user}(@|%40)`), nth: 6, before });
  }
  const done = await at.run('sync', at.plan, '--json');
  expect(done.code).toBe(0);
  expect(at.differences()).toEqual([]);
  for (const user of users) {
    const id = at.exchange.world.userOf(`${user}@example.test`)?.id;
    const mine = at.exchange.journal.filter((entry) => entry.user === id);
    const refused = mine.find(({ status }) => status === 429);
    const told = Date.parse(refused?.at ?? '') + (refused?.ms ?? 0);
    // What was under way already came before it.
    const next = mine.filter((entry) => Date.parse(entry.at) > told + 300).map((entry) => Date.parse(entry.at));
    expect([user, Math.min(...next) - told >= (forms[user]?.atLeast ?? 0)]).toEqual([user, true]);
    const waits = eventsOf(done, 'waiting').filter(({ mailbox }) => mailbox === `${user}@example.test`);
    expect(waits).toContainEqual(
      expect.objectContaining({ why: expect.stringContaining('HTTP 429'), until: expect.any(String), over: false }),
    );
    expect(waits.at(-1)).toMatchObject({ over: true });
  }
  expect(eventsOf(done, 'error')).toEqual([]);
});
