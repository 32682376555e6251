import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advance, type CutoverProgress, NO_PROGRESS } from '@mxodus/engine';
import { configSchema, type DomainPlan, type JournalNote, type LookupResult } from '@mxodus/model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dnsHistory } from './dns-history.ts';
import { watchAddresses } from './watch-addresses.ts';

const START = Date.parse('2026-12-05T12:00:00Z');
const SECOND = 1000;
const ABSENT: LookupResult = { kind: 'absent', negativeTtl: 60 };

const found = (ttl: number, ...records: string[]): LookupResult => ({ kind: 'answer', ttl, records, secure: false });

function plan(host: string): DomainPlan {
  const before = { ttl: 60, records: [{ host: 'old.example.com', preference: 10 }] };
  const after = { ttl: 60, records: [{ host, preference: 10 }] };
  return { domain: 'example.com', zone: 'example.com', provider: 'manual', authoritative: [], before, after };
}

const progress = (): CutoverProgress => NO_PROGRESS;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mxw-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A run that looks again and again, `every` seconds; each look gets the next of the answers. */
function watched(answers: readonly LookupResult[], { host = 'mx.example.com', every = 10 } = {}) {
  let look = 0;
  const notes: JournalNote[] = [];
  const run = {
    plan: { sha256: 'abc', domains: [plan(host)], settings: configSchema.shape.cutover.parse({}) },
    progress: progress(),
    signal: new AbortController().signal,
    ports: {
      now: () => START + look * every * SECOND,
      history: dnsHistory(join(folder, 'history.ndjson')),
      lookup: {
        lookUp: async (_name: string, type: string) => (type === 'A' ? (answers[look] ?? ABSENT) : ABSENT),
      },
    },
  };
  return {
    notes,
    rows: () => run.ports.history.rows(),
    looks: async () => {
      for (look = 0; look < answers.length; look += 1) {
        await watchAddresses(run, async (_run, note) => {
          notes.push(note);
          const place = { seq: notes.length, time: new Date(run.ports.now()).toISOString(), prev: '' };
          run.progress = advance(run.progress, { ...place, ...note });
        });
      }
    },
  };
}

test('a change is written once, with until when the old address may live', async () => {
  const world = watched([found(3600, '192.0.2.9'), found(60, '192.0.2.1'), found(60, '192.0.2.1')]);
  await world.looks();
  expect(world.notes).toEqual([
    {
      state: 'DRAFT',
      event: 'address',
      facts: {
        host: 'mx.example.com',
        before: ['192.0.2.9'],
        after: ['192.0.2.1'],
        // 12:00:10, an hour, and a tenth of it
        safe_at: '2026-12-05T13:06:10.000Z',
        arithmetic: expect.stringContaining('max(TTL 3600 s'),
      },
    },
  ]);
});

test.each<[string, LookupResult[], number]>([
  ['nothing changes', [found(60, '192.0.2.1'), found(60, '192.0.2.1')], 0],
  ['it is there for the first time', [ABSENT, found(60, '192.0.2.1')], 1],
  ['no answer says nothing', [found(60, '192.0.2.1'), { kind: 'error', why: 'x' }, found(60, '192.0.2.1')], 0],
  [
    'a change behind a time without answers is seen',
    [found(60, '192.0.2.9'), { kind: 'error', why: 'x' }, found(60, '192.0.2.1')],
    1,
  ],
])('%s', async (_case, answers, written) => {
  const world = watched(answers);
  await world.looks();
  expect(world.notes).toHaveLength(written);
});

test('another run knows what an earlier one saw', async () => {
  await watched([found(3600, '192.0.2.9')]).looks();
  const later = watched([found(60, '192.0.2.1')]);
  await later.looks();
  expect(later.notes).toHaveLength(1);
});

test('of the TTL that remains in a cache the most that was seen is kept; of our own zone the one that is', async () => {
  const answers = [found(40, '192.0.2.1'), found(300, '192.0.2.1'), found(290, '192.0.2.1')];
  const ttls = async (host: string) => {
    const world = watched(answers, { host });
    await world.looks();
    return (await world.rows()).filter((row) => row.name === host && row.type === 'A').map(({ ttl }) => ttl);
  };
  expect(await ttls('mx.example.net')).toEqual([40, 300]);
  expect(await ttls('mx.example.com')).toEqual([40, 300, 290]);
});

test('a pool whose addresses take turns neither holds for ever nor fills the history', async () => {
  const turns = Array.from({ length: 20 }, (_, n) => found(10, `192.0.2.${n}`));
  const world = watched(turns, { host: 'pool.example.net' });
  await world.looks();
  expect(world.notes.length).toBeLessThan(4);
  expect((await world.rows()).length).toBeLessThan(6);
});
