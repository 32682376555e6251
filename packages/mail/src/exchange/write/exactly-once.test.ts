import type { FaultOutcome, GraphFault } from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import {
  type AppenderWorld,
  ARRIVAL,
  appenderWorld,
  keyOf,
  keyOfItem,
  LOOK_DELAYS_MS,
  mail,
  severalAtOnce,
} from './appender-world.test.support.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const GATEWAY: FaultOutcome = { status: 504, code: 'UnknownError', message: '' };

const FAULTS: Readonly<Record<string, Pick<GraphFault, 'before' | 'after'>>> = {
  throttled: { before: { status: 429, code: 'ApplicationThrottled', headers: { 'Retry-After': '1' } } },
  'empty 503': { before: { status: 503 } },
  '504 before commit': { before: GATEWAY },
  '504 after commit': { after: GATEWAY },
  'reset after commit': { after: 'reset' },
  'no answer after commit': { after: 'silence' },
};

/** To a request that changes nothing the others are the same. */
const ON_A_LOOK = new Set(['throttled', 'empty 503', 'reset after commit']);

interface Trouble {
  user: string;
  faults: GraphFault[];
}

/** Each fault alone; each pair on two creates, and each on a create with another on the look that follows. */
function troubles(how: 'singles' | 'pairs'): Trouble[] {
  const names = Object.keys(FAULTS);
  const pairs = names.flatMap((first) => names.map((second) => [first, second] as const));
  const singles = names.map((name) => [{ name, at: 'create', nth: 1 }]);
  const both = [
    ...pairs.map(([first, second]) => [
      { name: first, at: 'create', nth: 1 },
      { name: second, at: 'create', nth: 2 },
    ]),
    ...pairs
      .filter(([, second]) => ON_A_LOOK.has(second))
      .map(([first, second]) => [
        { name: first, at: 'create', nth: 1 },
        { name: second, at: 'look', nth: 1 },
      ]),
  ];
  return (how === 'singles' ? singles : [...singles, ...both]).map((set, index) => {
    const user = `user${index}@contoso.example`;
    const faults = set.map(({ name, at, nth }): GraphFault => {
      const address = `user${index}(@|%40)`;
      return at === 'create'
        ? { ...FAULTS[name], nth, method: 'POST', path: new RegExp(`${address}.*/mailFolders/[^/]+/messages$`) }
        : { ...FAULTS[name], nth, method: 'GET', path: new RegExp(`${address}.*/messages\\?.*filter=`) };
    });
    return { user, faults };
  });
}

async function worldOf(all: readonly Trouble[], visibilityDelay: number): Promise<AppenderWorld> {
  const world = await appenderWorld({ users: all.map(({ user }) => user), switches: { visibilityDelay } });
  stops.push(world.stop);
  for (const { faults } of all) for (const fault of faults) world.sim.faults.add(fault);
  return world;
}

it.each([
  ['any fault', 'singles', 0],
  ['any fault and any pair of faults, and copies that show late', 'pairs', 40],
] as const)('under %s, each message is there once, as itself', { timeout: 90_000 }, async (_, how, visibilityDelay) => {
  const all = troubles(how);
  const world = await worldOf(all, visibilityDelay);
  const messages = [mail('a'), mail('b')];
  await severalAtOnce(
    8,
    all.map(({ user }) => async () => {
      const appender = await world.appender(user);
      const { outcomes } = await appender.append('INBOX', messages);
      await appender.close();
      const stored = world.stored(user);
      // Looking was enough: no copy was made to be removed again.
      expect(stored.map(({ serial }) => serial).sort(), user).toEqual([1, 2]);
      expect(stored.map(keyOfItem).sort(), user).toEqual([keyOf('a'), keyOf('b')]);
      expect(stored.map(({ isDraft, received }) => [isDraft, received])).toEqual([
        [false, ARRIVAL],
        [false, ARRIVAL],
      ]);
      const ids = await world.uids(user);
      const named = outcomes.map((outcome) => {
        const id = outcome.kind === 'stored' && outcome.uid !== null ? ids.get(outcome.uid) : undefined;
        const item = stored.find(({ immutableId }) => immutableId === id);
        return item === undefined ? outcome : keyOfItem(item);
      });
      expect(named, user).toEqual([keyOf('a'), keyOf('b')]);
    }),
  );
  expect(world.sim.faults.all.filter(({ struck, nth }) => struck === 0 && nth === 1)).toEqual(
    world.sim.faults.all.filter(({ method, struck }) => method === 'GET' && struck === 0),
  );
});

it('a copy that shows at the last look is not sent again', async () => {
  const user = 'user0@contoso.example';
  const path = /mailFolders\/[^/]+\/messages$/;
  const world = await worldOf([{ user, faults: [{ method: 'POST', path, after: GATEWAY }] }], 60_000);
  let looks = 0;
  world.sim.onRequest((entry, when) => {
    if (entry.method === 'GET' && !entry.inBatch && path.test(entry.path) && when === 'before') looks += 1;
    if (looks === 1 + LOOK_DELAYS_MS.length) world.sim.clock.advance(61);
  });
  const appender = await world.appender(user);
  await appender.append('INBOX', [mail('a')]);
  await appender.close();
  expect(world.stored(user).map(({ serial }) => serial)).toEqual([1]);
  expect(world.sim.journal.filter((entry) => entry.method === 'POST' && path.test(entry.path))).toHaveLength(1);
});

it('a copy that shows only after it was sent again stays, and its twin goes', async () => {
  const user = 'user0@contoso.example';
  const path = /mailFolders\/[^/]+\/messages$/;
  const world = await worldOf([{ user, faults: [{ method: 'POST', path, after: GATEWAY }] }], 60_000);
  let posts = 0;
  world.sim.onRequest((entry, when) => {
    if (entry.method === 'POST' && path.test(entry.path) && when === 'after') posts += 1;
    if (posts === 2) world.sim.clock.advance(61);
  });
  const appender = await world.appender(user);
  const { outcomes } = await appender.append('INBOX', [mail('a')]);
  await appender.close();
  const [first] = world.stored(user);
  expect(world.stored(user)).toHaveLength(1);
  expect(first?.serial).toBe(1);
  expect(outcomes).toMatchObject([{ kind: 'stored', uid: 1 }]);
  expect([...(await world.uids(user)).values()]).toEqual([first?.immutableId]);
  expect(posts).toBe(2);
});

it('a message whose creates all go unanswered is in doubt, and ends the appender', async () => {
  const user = 'user0@contoso.example';
  const fault: GraphFault = { method: 'POST', path: /\/messages$/, before: GATEWAY, times: 99 };
  const world = await worldOf([{ user, faults: [fault] }], 0);
  const appender = await world.appender(user, { writer: { concurrency: 1 } });
  const answers = [appender.append('INBOX', [mail('a')]), appender.append('INBOX', [mail('b')])];
  for (const answer of await Promise.allSettled(answers)) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'MxodusError', exitCode: 5 } });
  }
  expect(appender.usable).toBe(false);
  await appender.close();
  expect(world.sim.faults.all[0]?.struck).toBe(3);
});

it('told to stop, it throws the reason only where nothing was sent', async () => {
  const user = 'user0@contoso.example';
  const world = await worldOf([{ user, faults: [] }], 0);
  const stop = new AbortController();
  const reason = new Error('stopped by a test');
  const appender = await world.appender(user, { signal: stop.signal, writer: { concurrency: 1 } });
  world.sim.onRequest(({ method, path }, when) => {
    if (method === 'POST' && path.endsWith('/messages') && when === 'after') stop.abort(reason);
  });
  const [sent, unsent] = await Promise.allSettled([
    appender.append('INBOX', [mail('a'), mail('b')]),
    appender.append('INBOX', [mail('c')]),
  ]);
  expect(sent).toMatchObject({ status: 'rejected', reason: { name: 'MxodusError' } });
  expect(unsent).toEqual({ status: 'rejected', reason });
  await appender.close();
  expect(world.stored(user).map(keyOfItem)).toEqual([keyOf('a')]);
});
