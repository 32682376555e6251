import { type Appender, MxodusError } from '@mxodus/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppenderWorld, appenderWorld, keyOf, keyOfItem, mail, mailWith } from './appender-world.test.support.ts';

const LOST = new MxodusError('LEASE_LOST', { what: 'lost', why: 'a test', advice: 'none' });
const [ANN, BOB, CAL, DAN] = ['ann', 'bob', 'cal', 'dan'].map((name) => `${name}@contoso.example`);

let world: AppenderWorld;
beforeAll(async () => {
  world = await appenderWorld({ users: [ANN, BOB, CAL, DAN].map(String) });
});
afterAll(() => world.stop());

/** Allows so many requests; the lease's signal aborts with the first that it does not. */
function allowing(most: number) {
  const lease = new AbortController();
  const asked = { times: 0 };
  const mayCommit = (): void => {
    asked.times += 1;
    if (asked.times <= most) return;
    lease.abort(LOST);
    throw LOST;
  };
  return { asked, mayCommit, signal: lease.signal };
}

const keysIn = (user: string): (string | undefined)[] => world.stored(user).map(keyOfItem);

it('creates nothing after it was refused once, and rejects with the reason as it is', async () => {
  const { mayCommit, signal, asked } = allowing(2);
  const user = String(ANN);
  const appender = await world.appender(user, { signal, mayCommit, writer: { concurrency: 1 } });
  const messages = ['a', 'b', 'c', 'd'].map((name) => mail(name));
  await expect(appender.append('INBOX', messages)).rejects.toBe(LOST);
  await expect(appender.append('INBOX', [mail('e')])).rejects.toBe(LOST);
  expect(keysIn(user)).toEqual([keyOf('a'), keyOf('b')]);
  expect([asked.times, appender.usable]).toEqual([3, false]);
  await appender.close();
});

it('a create without an answer is not sent again without the question', async () => {
  const user = String(BOB);
  world.sim.faults.add({
    nth: 1,
    method: 'POST',
    path: /bob(@|%40).*\/mailFolders\/[^/]+\/messages$/,
    before: { status: 504, code: 'UnknownError', message: '' },
  });
  const { mayCommit, signal, asked } = allowing(1);
  const appender = await world.appender(user, { signal, mayCommit });
  await expect(appender.append('INBOX', [mail('a')])).rejects.toBe(LOST);
  expect([keysIn(user), asked.times]).toEqual([[], 2]);
  await appender.close();
});

it('a message of several requests is asked for at each, and stays out of sight until the last', async () => {
  const user = String(CAL);
  const large = mailWith('large', [3_000_000, 3_000_000]);
  const counting = allowing(99);
  const whole = await world.appender(user, counting);
  await whole.append('INBOX', [large]);
  expect(keysIn(user)).toEqual([keyOf('large')]);
  const last = counting.asked.times;
  expect(last).toBeGreaterThan(3);
  const { mayCommit, signal } = allowing(last - 2);
  const appender = await world.appender(user, { signal, mayCommit });
  await expect(appender.append('INBOX', [mailWith('other', [3_000_000, 3_000_000])])).rejects.toBe(LOST);
  expect(keysIn(user)).toEqual([keyOf('large')]);
  for (const one of [whole, appender]) await one.close();
});

it('the way by IMAP asks the same', async () => {
  const asking: unknown[] = [];
  const imap = async (_signal: AbortSignal, _onWrite: unknown, mayCommit?: () => void): Promise<Appender> => {
    asking.push(mayCommit);
    throw LOST;
  };
  const { mayCommit } = allowing(0);
  const appender = await world.appender(String(DAN), { mayCommit, writer: { writer: 'imap-append', imap } });
  await expect(appender.append('INBOX', [mail('a')])).rejects.toBe(LOST);
  expect(asking).toEqual([mayCommit]);
  await appender.close();
});
