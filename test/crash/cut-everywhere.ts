import { expect } from 'vitest';
import type { Break, Broken } from './breakable-line.ts';
import { append, type CutWorld, type CutWorldOptions, LARGE_BYTES, startCutWorld } from './cut-world.ts';

/** The line is cut at one step of the protocol after another, each in a mailbox of its own; the same run gets over it. */

export type Cut = Omit<Break, 'user'> & { end: 'old' | 'new'; at: string };

const command = (end: Cut['end'], at: string, on: RegExp, more: Partial<Break> = {}): Cut => {
  return { end, at, side: 'commands', on, ...more };
};
const answer = (end: Cut['end'], at: string, on: RegExp, more: Partial<Break> = {}): Cut => {
  return { end, at, side: 'answers', on, ...more };
};

const BODY = /^\* \d+ FETCH \([^\r]*BODY\[\] \{\d+\}\r\n/m;

/** What the source is asked for in a first pass. */
export const READ: readonly Cut[] = [
  answer('old', 'the OK to the sign-in', /^\S+ OK .*Logged in/m),
  answer('old', 'inside LIST', /^\* LIST /m, { nth: 2, pass: 11 }),
  command('old', 'EXAMINE', /^\S+ EXAMINE /m),
  answer('old', 'the answer to EXAMINE', /^\* OK \[UIDVALIDITY/m, { pass: 8 }),
  command('old', 'the listing', /^\S+ UID FETCH [^\r]*FLAGS/m),
  answer('old', 'inside a row of the listing', /^\* \d+ FETCH \([^\r]*FLAGS/m, { nth: 3, pass: 14 }),
  answer('old', 'the OK to the listing', /^\S+ OK [^\r]*Fetch completed/m),
  command('old', 'the bodies', /^\S+ UID FETCH [^\r]*BODY\.PEEK\[\]/m),
  answer('old', 'inside a body', BODY, { nth: 2, pass: 120 }),
  answer('old', 'between two bodies', BODY, { nth: 3 }),
  answer('old', 'the OK to the bodies', /^\)\r\n\S+ OK /m, { pass: 3 }),
  answer('old', 'the middle of a large body', /BODY\[\] \{1\d{6}\}/, { pass: LARGE_BYTES / 2 }),
  command('old', 'LOGOUT', /^\S+ LOGOUT/m),
];

/** What is written in a first pass. */
export const WRITTEN: readonly Cut[] = [
  answer('new', 'the OK to the sign-in', /^\S+ OK .*Logged in/m),
  answer('new', 'the OK to the second sign-in', /^\S+ OK .*Logged in/m, { nth: 2 }),
  answer('new', 'inside LIST', /^\* LIST /m, { pass: 11 }),
  answer('new', 'inside STATUS', /^\* STATUS /m, { pass: 11 }),
  command('new', 'SELECT', /^\S+ (?:SELECT|EXAMINE) /m),
  command('new', 'CREATE', /^\S+ CREATE /m),
  answer('new', 'the OK to CREATE', /^\S+ OK .*Create completed/m),
  command('new', 'SUBSCRIBE', /^\S+ SUBSCRIBE /m),
  answer('new', 'the OK to SUBSCRIBE', /^\S+ OK .*Subscribe completed/m),
];

export const APPENDED: readonly Cut[] = [
  command('new', 'APPEND', /^\S+ APPEND /m),
  command('new', 'inside APPEND', /^\S+ APPEND /m, { pass: 200 }),
  command('new', 'inside the second message', /\(\\Seen\) "[^"]*" ~?\{\d+\+?\}\r\n/, { nth: 2, pass: 150 }),
  command('new', 'inside a large message', /\{1\d{6}\+?\}/, { pass: LARGE_BYTES / 2 }),
  answer('new', 'the OK to APPEND', /^\S+ OK .*Append completed/m),
  answer('new', 'the OK to the second APPEND', /^\S+ OK .*Append completed/m, { nth: 2 }),
  answer('new', 'inside the OK to APPEND', /^\S+ OK .*Append completed/m, { pass: 6 }),
];

/** A message was read, one moved, one is new. */
export const FOLLOWED: readonly Cut[] = [
  answer('old', 'the OK to the sign-in, later', /^\S+ OK .*Logged in/m),
  command('old', 'EXAMINE, later', /^\S+ EXAMINE /m),
  answer('old', 'inside what changed', /^\* \d+ FETCH \([^\r]*FLAGS/m, { pass: 14 }),
  command('new', 'SELECT, later', /^\S+ SELECT /m),
  command('new', 'UID STORE', /^\S+ UID STORE /m),
  answer('new', 'the OK to UID STORE', /^\S+ OK .*Store completed/m),
  command('new', 'UID MOVE', /^\S+ UID MOVE /m),
  answer('new', 'what UID MOVE moved', /^\* \d+ EXPUNGE/m),
  answer('new', 'the OK to UID MOVE', /^\S+ OK .*Move completed/m),
  answer('new', 'the OK to APPEND, later', /^\S+ OK .*Append completed/m),
  command('new', 'LOGOUT', /^\S+ LOGOUT/m),
];

const WANTS_LARGE = /large/;

/**
 * A destination that takes mail like this, with a mailbox for each cut: `first` happen in a first pass, `later` in a second one. Each
 * message is there once, and the pass after that has nothing to do.
 */
export async function cutEverywhere(
  how: NonNullable<CutWorldOptions['append']>,
  first: readonly Cut[],
  later: readonly Cut[],
): Promise<void> {
  const cuts = [...first, ...later];
  const userOf = (cut: Cut): string => `u${cuts.indexOf(cut) + 1}`;
  const world = await startCutWorld({ users: cuts.map(userOf), append: how });
  try {
    for (const cut of cuts.filter(({ at }) => WANTS_LARGE.test(at))) {
      await world.atSource(userOf(cut), [append(userOf(cut), 'INBOX', 'large', LARGE_BYTES)]);
    }
    await world.journey.readOldAgain();
    expect(await world.journey.run('plan')).toMatchObject({ code: 0 });

    const greeting = world.old.add({ side: 'answers', on: /^\* OK/m });
    await pass(world, armed(world, first, userOf));
    expect(greeting.hits).toBe(1);
    if (later.length === 0) return;

    for (const cut of later) await work(world, userOf(cut));
    await world.journey.readOldAgain();
    await pass(world, armed(world, later, userOf));
  } finally {
    await world.stop();
  }
}

async function pass({ sync, journey }: CutWorld, broken: ReadonlyMap<string, Broken>): Promise<void> {
  expect(await sync()).toMatchObject({ errors: [], exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  expect(untouched(broken)).toEqual([]);
  expect(await journey.differences()).toEqual([]);
  expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
}

const work = ({ atSource }: CutWorld, user: string): Promise<void> =>
  atSource(user, ['SELECT INBOX', 'STORE 1 +FLAGS.SILENT (\\Flagged)', 'MOVE 2 Work', append(user, 'INBOX', 'new')]);

function armed(at: CutWorld, cuts: readonly Cut[], userOf: (cut: Cut) => string): Map<string, Broken> {
  return new Map(
    cuts.map((cut) => [`${userOf(cut)} ${cut.end} ${cut.at}`, at[cut.end].add({ ...cut, user: userOf(cut) })]),
  );
}

/** Where the fault did not happen. */
const untouched = (broken: ReadonlyMap<string, Broken>): string[] =>
  [...broken].filter(([, { hits }]) => hits !== 1).map(([at]) => at);
