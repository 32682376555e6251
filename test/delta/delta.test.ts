import { afterEach, describe, expect, it } from 'vitest';
import { type Journey, startJourney, summaryOf } from '../journey.ts';
import { BEFORE, type Case, DELETES, FLAGS, MOVES } from './cases.ts';
import { play, standing } from './play.ts';

/** Each table of cases is one journey, each case a mailbox of it. */

let journey: Journey | undefined;
afterEach(async () => {
  await journey?.stop();
  journey = undefined;
});

const userOf = (index: number): string => `u${index + 1}`;

async function start(cases: readonly Case[], deletes: string): Promise<Journey> {
  const users = cases.map((_, index) => userOf(index));
  journey = await startJourney({
    users,
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    config: `sync: { settle: 1s, deletes: ${deletes} }`,
    limits: '{ connections: 40, connections_per_mailbox: 2 }',
  });
  return journey;
}

async function found({ new: server }: Journey, cases: readonly Case[]) {
  const entries = cases.map(async ({ name }, index) => [name, await standing(server, userOf(index))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

const expected = (cases: readonly Case[]) => Object.fromEntries(cases.map((one) => [one.name, one.expect]));

async function sync({ run, plan }: Journey): Promise<Record<string, unknown>> {
  return summaryOf(await run('sync', plan, '--json'));
}

describe.each([
  ['flags', FLAGS, 'keep'],
  ['moves', MOVES, 'keep'],
  ['deletes: keep', DELETES.keep, 'keep'],
  ['deletes: trash', DELETES.trash, 'trash'],
  ['deletes: mirror', DELETES.mirror, 'mirror'],
] as const)('%s', (_, cases, deletes) => {
  it('ends as the table says, and a further pass writes nothing', async () => {
    const world = await start(cases, deletes);
    for (const [index, { before = BEFORE }] of cases.entries()) await play(world.old, userOf(index), before);
    expect(await world.run('plan')).toMatchObject({ code: 0 });
    expect(await sync(world)).toMatchObject({ exit_code: 0 });
    expect(await sync(world)).toMatchObject({ exit_code: 0, destination_writes: 0 });
    for (const [index, { source = [], destination = [] }] of cases.entries()) {
      await play(world.old, userOf(index), source);
      await play(world.new, userOf(index), destination);
    }
    expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
    expect(await found(world, cases)).toEqual(expected(cases));
    expect(await sync(world)).toMatchObject({ exit_code: 0, destination_writes: 0 });
    expect(await found(world, cases)).toEqual(expected(cases));
  });
});
