import { afterEach, expect, it } from 'vitest';
import { finish } from '../journey.ts';
import type { Break } from './breakable-line.ts';
import { append, type CutWorld, LARGE_BYTES, startCutWorld } from './cut-world.ts';

/** Servers that stop answering and do not hang up. */

let world: CutWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

type Silence = readonly [at: string, end: 'old' | 'new', rule: Pick<Break, 'side' | 'on'> & Partial<Break>];

const SILENCES: readonly Silence[] = [
  ['LOGIN', 'old', { side: 'answers', on: /^\S+ OK .*Logged in/m }],
  ['LIST', 'old', { side: 'answers', on: /^\* LIST /m, pass: 11 }],
  ['the listing', 'old', { side: 'answers', on: /^\* \d+ FETCH \([^\r]*FLAGS/m, nth: 3, pass: 14 }],
  ['a body', 'old', { side: 'answers', on: /^\* \d+ FETCH \([^\r]*BODY\[\] \{\d+\}\r\n/m, nth: 2, pass: 120 }],
  ['a large body', 'old', { side: 'answers', on: /BODY\[\] \{1\d{6}\}/, pass: LARGE_BYTES / 2 }],
  ['the sign-in', 'new', { side: 'answers', on: /^\S+ OK .*Logged in/m }],
  ['SELECT', 'new', { side: 'commands', on: /^\S+ SELECT /m }],
  ['CREATE', 'new', { side: 'answers', on: /^\S+ OK .*Create completed/m }],
  ['APPEND', 'new', { side: 'commands', on: /^\S+ APPEND /m }],
  ['the bytes of APPEND', 'new', { side: 'commands', on: /^\S+ APPEND /m, pass: 200 }],
  ['a large APPEND', 'new', { side: 'commands', on: /\{1\d{6}\+?\}/, pass: LARGE_BYTES / 2 }],
  ['the OK to APPEND', 'new', { side: 'answers', on: /^\S+ OK .*Append completed/m }],
];

const userOf = (index: number): string => `u${index + 1}`;

it('a server that falls silent at any step is given up after its `timeout`, and each message arrives once', async () => {
  world = await startCutWorld({ users: SILENCES.map((_, index) => userOf(index)), server: 'timeout: 3s' });
  const { journey, sync, atSource } = world;
  for (const [index, [at]] of SILENCES.entries()) {
    if (/large/.test(at)) await atSource(userOf(index), [append(userOf(index), 'INBOX', 'large', LARGE_BYTES)]);
  }
  await journey.readOldAgain();
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const lines = { old: world.old, new: world.new };
  const silences = SILENCES.map(([at, end, rule], index) => {
    return { at, broken: lines[end].add({ ...rule, by: 'silence', user: userOf(index) }) };
  });
  expect(await sync()).toMatchObject({ errors: [], exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  expect(silences.filter(({ broken }) => broken.hits !== 1).map(({ at }) => at)).toEqual([]);
  expect(await journey.differences()).toEqual([]);
  expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('sessions that have nothing to do are kept alive while a slow copy goes on', async () => {
  // The rate makes the copy last longer than the destination is patient with the session that looked at the folders.
  world = await startCutWorld({
    users: ['ann'],
    server: 'timeout: 3s',
    limits: 'bytes_per_second: 300kB',
    messages: [0, 0],
    line: { patience: { ms: 5000, of: /^\S+ LIST "" "\*"/m } },
  });
  const { journey, sync, atSource } = world;
  for (const name of ['one', 'two', 'three']) await atSource('ann', [append('ann', 'INBOX', name, LARGE_BYTES / 2)]);
  await journey.readOldAgain();
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const noops = world.new.add({ side: 'commands', on: /^\S+ NOOP/m, by: 'nothing', times: Number.POSITIVE_INFINITY });
  expect(await sync()).toMatchObject({ errors: [], exit_code: 0, buckets: { moved_now: 3 } });
  expect(noops.hits).toBeGreaterThan(0);
  expect(world.new.tooQuiet).toBe(0);
  expect(await journey.differences()).toEqual([]);
});

it.each([
  ['source', 'old', { side: 'answers', on: /^\* \d+ FETCH \([^\r]*BODY\[\] \{\d+\}\r\n/m, pass: 60 }],
  ['destination', 'new', { side: 'answers', on: /^\S+ OK .*Append completed/m }],
] as const)('after Ctrl-C a silent %s is waited for only briefly, whatever its `timeout`', async (_, end, rule) => {
  world = await startCutWorld({ users: ['ann'], server: 'timeout: 10m' });
  const { journey, sync } = world;
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const broken = world[end].add({ ...rule, by: 'silence' });
  const child = journey.spawn('sync', journey.plan, '--json');
  await broken.happened;
  const interruptedAt = performance.now();
  child.kill('SIGINT');
  expect(await finish(child)).toMatchObject({ code: 130 });
  expect(performance.now() - interruptedAt).toBeLessThan(60_000);
  expect(await sync()).toMatchObject({ errors: [], exit_code: 0 });
  expect(await journey.differences()).toEqual([]);
});
