import { afterEach, expect, it } from 'vitest';
import { type Journey, startJourney, summaryOf } from '../journey.ts';
import { type LineProxy, startLineProxy } from '../line-proxy.ts';
import { deliver, expunge, held, inFolder } from './deliver.ts';

/** A source that changes, or answers with NO, while it is read. */

let journey: Journey;
let proxy: LineProxy;
afterEach(async () => {
  await journey.stop();
  await proxy.stop();
});

async function start(): Promise<void> {
  journey = await startJourney({
    users: ['ann'],
    seed: { messagesPerUser: 0, seed: 1, hostile: false },
    oldPort: async (port) => {
      proxy = await startLineProxy(port);
      return proxy.port;
    },
  });
}

const sync = async () => summaryOf(await journey.run('sync', journey.plan, '--json'));

/** Runs once, before the server sees the first command that matches. */
function atCommand(pattern: RegExp, hook: () => Promise<void>, then: 'pass' | 'cut' = 'pass'): () => number {
  let hits = 0;
  proxy.script.commands = async (text) => {
    if (hits > 0 || !pattern.test(text)) return text;
    hits += 1;
    await hook();
    return then === 'cut' ? null : text;
  };
  return () => hits;
}

it('a large message expunged between two parts of its download is not stored truncated, and no longer counts', async () => {
  await start();
  await deliver(journey.old, { count: 4 });
  await deliver(journey.old, { name: 'large', bytes: 3_500_000 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const hits = atCommand(/UID FETCH 5 .*BODY.*<1048576\./, () => expunge(journey.old, 5));
  expect(await sync()).toMatchObject({ exit_code: 0, source_messages: 4, buckets: { moved_now: 4, failed: 0 } });
  expect(hits()).toBe(1);
  expect(await held(journey.new)).toEqual(await held(journey.old));
  expect(await sync()).toMatchObject({ exit_code: 0, source_messages: 4, destination_writes: 0 });
});

it('a small message expunged between the listing and its FETCH no longer counts, and the others move', async () => {
  await start();
  await deliver(journey.old, { count: 4 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const hits = atCommand(/UID FETCH .*BODY/, () => expunge(journey.old, 2));
  let nil = false;
  proxy.script.answers = (text) => {
    nil ||= text.includes('BODY[] NIL');
    return text;
  };
  expect(await sync()).toMatchObject({ exit_code: 0, source_messages: 3, buckets: { moved_now: 3, failed: 0 } });
  expect({ hits: hits(), nil }).toEqual({ hits: 1, nil: true });
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
  const hits = atCommand(/UID FETCH .*BODY/, replace, 'cut');
  await sync();
  expect(hits()).toBe(1);
  expect(await sync()).toMatchObject({ exit_code: 0, source_messages: 5, buckets: { failed: 0, in_doubt: 0 } });
  expect(await held(journey.new, 'Work')).toEqual(await held(journey.old, 'Work'));
  expect(await held(journey.new, 'Work')).toHaveLength(5);
});

it('a message whose FETCH always ends in NO is the only one that fails, and the next folder is reached', async () => {
  await start();
  await deliver(journey.old, { count: 12 });
  await deliver(journey.old, { folder: 'Zed', count: 2 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  proxy.script = damagedAt(5, 'INBOX');
  expect(await sync()).toMatchObject({ exit_code: 3, source_messages: 14, buckets: { moved_now: 13, failed: 1 } });
  expect(await held(journey.new)).toHaveLength(11);
  expect(await held(journey.new, 'Zed')).toEqual(await held(journey.old, 'Zed'));
  proxy.script = {};
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_before: 13, moved_now: 1, failed: 0 } });
  expect(await held(journey.new)).toEqual(await held(journey.old));
});

/** A server that gives the messages before the damaged one, and then ends the FETCH with NO. */
function damagedAt(uid: number, folder: string) {
  const ends = new Set<string>();
  const selected = new Map<number, string>();
  return {
    commands: (text: string, connection: number): string => {
      const opened = /^\S+ (?:SELECT|EXAMINE) "?([^"\r]+)/m.exec(text)?.[1];
      if (opened !== undefined) selected.set(connection, opened);
      return text.replace(/^(\S+) UID FETCH (\S+) (.*BODY(?:\.PEEK)?\[\].*)$/m, (line, tag, set, items) => {
        const uids = expand(String(set));
        if (selected.get(connection) !== folder || !uids.includes(uid)) return line;
        ends.add(`${connection} ${tag}`);
        const before = uids.filter((candidate) => candidate < uid);
        return `${tag} UID FETCH ${before.length === 0 ? 4294967294 : before.join(',')} ${items}`;
      });
    },
    answers: (text: string, connection: number): string =>
      text.replace(/^(\S+) OK .*$/gm, (line, tag) =>
        ends.delete(`${connection} ${tag}`) ? `${tag} NO [SERVERBUG] Internal error occurred.` : line,
      ),
  };
}

const expand = (set: string): number[] =>
  set.split(',').flatMap((range) => {
    const [low = 0, high = low] = range.split(':').map(Number);
    return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  });
