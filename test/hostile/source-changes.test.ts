import { defineQuirk, malformsRows, type Quirk, type QuirkServer, startQuirkServer } from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import { type Journey, startJourney, summaryOf } from '../journey.ts';
import { deliver, expunge, held, inFolder } from './deliver.ts';

/** A source that changes, or answers with NO, while it is read. */

let journey: Journey;
let proxy: QuirkServer;
afterEach(async () => {
  await journey.stop();
  await proxy.stop();
});

async function start(): Promise<void> {
  journey = await startJourney({
    users: ['ann'],
    seed: { messagesPerUser: 0, seed: 1, hostile: false },
    oldPort: async (port) => {
      proxy = await startQuirkServer({ target: { host: '127.0.0.1', port } });
      return proxy.port;
    },
  });
}

const sync = async () => summaryOf(await journey.run('sync', journey.plan, '--json'));

/** Runs once, before the server sees the first command that matches. */
function atCommand(pattern: RegExp, hook: () => Promise<void>, then: 'pass' | 'cut' = 'pass'): Quirk {
  const quirk = defineQuirk('at a command', (hit) => ({
    onCommand: async ({ text }) => {
      if (quirk.hits > 0 || !pattern.test(text)) return undefined;
      hit();
      await hook();
      return then === 'cut' ? { kind: 'cut' } : undefined;
    },
  }));
  return quirk;
}

/** Counts the rows that give nothing. */
const nilBodies = (): Quirk =>
  defineQuirk('BODY[] NIL', (hit) => ({
    onResponse: ({ text }) => {
      if (text.includes('BODY[] NIL')) hit();
      return undefined;
    },
  }));

it('a large message expunged between its listing and its download is not stored, and no longer counts', async () => {
  await start();
  await deliver(journey.old, { count: 4 });
  await deliver(journey.old, { name: 'large', bytes: 3_500_000 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const expunged = atCommand(/^UID FETCH 5 .*BODY/, () => expunge(journey.old, 5));
  proxy.setQuirks([expunged]);
  expect(await sync()).toMatchObject({ exit_code: 0, source_messages: 4, buckets: { moved_now: 4, failed: 0 } });
  expect(expunged.hits).toBe(1);
  expect(await held(journey.new)).toEqual(await held(journey.old));
  expect(await sync()).toMatchObject({ exit_code: 0, source_messages: 4, destination_writes: 0 });
});

it('a large message that breaks off in the middle of its download is not stored truncated, and arrives whole', async () => {
  await start();
  await deliver(journey.old, { count: 4 });
  await deliver(journey.old, { name: 'large', bytes: 3_500_000 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const brokenOff = malformsRows('body-broken-off', { uids: [5], times: 1 });
  proxy.setQuirks([brokenOff]);
  expect(await sync()).toMatchObject({ exit_code: 0, source_messages: 5, buckets: { moved_now: 5, failed: 0 } });
  expect(brokenOff.hits).toBe(1);
  expect(await held(journey.new)).toEqual(await held(journey.old));
});

it('a small message expunged between the listing and its FETCH no longer counts, and the others move', async () => {
  await start();
  await deliver(journey.old, { count: 4 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const [expunged, nil] = [atCommand(/^UID FETCH .*BODY/, () => expunge(journey.old, 2)), nilBodies()];
  proxy.setQuirks([expunged, nil]);
  expect(await sync()).toMatchObject({ exit_code: 0, source_messages: 3, buckets: { moved_now: 3, failed: 0 } });
  expect(expunged.hits).toBe(1);
  expect(nil.hits).toBeGreaterThan(0);
  expect(await held(journey.new)).toEqual(await held(journey.old));
});

it('a folder deleted and made again during a pass arrives with its new messages, each once and with its own date', async () => {
  await start();
  await deliver(journey.old, { folder: 'Work', name: 'before', count: 5 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const replace = async (): Promise<void> => {
    await inFolder(journey.old, 'INBOX', ['DELETE Work']);
    await deliver(journey.old, { folder: 'Work', name: 'after', count: 5, month: 'Feb' });
  };
  const replaced = atCommand(/^UID FETCH .*BODY/, replace, 'cut');
  proxy.setQuirks([replaced]);
  await sync();
  expect(replaced.hits).toBe(1);
  expect(await sync()).toMatchObject({ exit_code: 0, source_messages: 5, buckets: { failed: 0, in_doubt: 0 } });
  expect(await held(journey.new, 'Work')).toEqual(await held(journey.old, 'Work'));
  expect(await held(journey.new, 'Work')).toHaveLength(5);
});

it('a message whose FETCH always ends in NO is the only one that fails, and the next folder is reached', async () => {
  await start();
  await deliver(journey.old, { count: 12 });
  await deliver(journey.old, { folder: 'Zed', count: 2 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  proxy.setQuirks([damagedAt(5, 'INBOX')]);
  expect(await sync()).toMatchObject({ exit_code: 3, source_messages: 14, buckets: { moved_now: 13, failed: 1 } });
  expect(await held(journey.new)).toHaveLength(11);
  expect(await held(journey.new, 'Zed')).toEqual(await held(journey.old, 'Zed'));
  proxy.setQuirks([]);
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_before: 13, moved_now: 1, failed: 0 } });
  expect(await held(journey.new)).toEqual(await held(journey.old));
});

/** A server that gives the messages before the damaged one, and then ends the FETCH with NO. */
function damagedAt(uid: number, folder: string): Quirk {
  const damaged = new WeakSet<object>();
  return defineQuirk('a damaged message', (hit) => ({
    onCommand: (command) => {
      const [, set, items] = /^UID FETCH (\S+) (.*BODY(?:\.PEEK)?\[\].*)$/.exec(command.text) ?? [];
      if (set === undefined || command.selected !== folder) return undefined;
      const uids = expand(set);
      if (!uids.includes(uid)) return undefined;
      hit();
      damaged.add(command);
      const before = uids.filter((candidate) => candidate < uid);
      command.text = `UID FETCH ${before.length === 0 ? 4294967294 : before.join(',')} ${items}`;
      return undefined;
    },
    onResponse: (response) => {
      if (response.kind !== 'tagged' || response.command === null || !damaged.has(response.command)) return undefined;
      response.text = `${response.command.tag} NO [SERVERBUG] Internal error occurred.`;
      return undefined;
    },
  }));
}

const expand = (set: string): number[] =>
  set.split(',').flatMap((range) => {
    const [low = 0, high = low] = range.split(':').map(Number);
    return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  });
