import { NO_PROGRESS } from '@mxodus/engine';
import { type CutoverEvent, configSchema, type DomainPlan, type Rrset, type RrsetPlan } from '@mxodus/model';
import { expect, test } from 'vitest';
import { askResolvers } from './resolver-evidence.ts';

const NOW = Date.parse('2026-12-05T12:00:00Z');
const AT = '2026-12-05T12:00:00.000Z';
const server = { name: 'r', address: '192.0.2.53', port: 53 };
const OLD = '10 old.example';
const NEW = '10 new.example';

const AUTODISCOVER: RrsetPlan = {
  name: 'autodiscover.example.com',
  type: 'CNAME',
  when: 'switch',
  before: { ttl: 60, records: [] },
  after: { ttl: 60, records: ['new.example'] },
  why: 'test',
};

const DOMAIN: DomainPlan = {
  domain: 'example.com',
  zone: 'example.com',
  provider: 'manual',
  authoritative: [server],
  before: { ttl: 60, records: [{ host: 'old.example', preference: 10 }] },
  after: { ttl: 60, records: [{ host: 'new.example', preference: 10 }] },
  others: [AUTODISCOVER],
};

/** Each question gets the next of the answers; null: none. */
async function evidence(answers: readonly (Rrset | null)[], { served = false } = {}) {
  const events: CutoverEvent[] = [];
  const asked: string[] = [];
  await askResolvers({
    plan: { sha256: 'abc', domains: [DOMAIN], settings: configSchema.shape.cutover.parse({ resolvers: ['r'] }) },
    progress: served ? { ...NO_PROGRESS, waits: { switch: { safeAt: NOW, arithmetic: '' } } } : NO_PROGRESS,
    signal: new AbortController().signal,
    emit: (event) => events.push(event),
    ports: {
      now: () => NOW,
      observer: {
        ask: async (_resolver, { name, type }) => {
          const rrset = answers[asked.push(`${type} ${name}`) - 1] ?? null;
          if (rrset === null) return { kind: 'error', at: AT, server, why: 'no answer' };
          return { kind: 'answer', at: AT, server, authoritative: false, serial: null, rrset };
        },
      },
    },
  });
  return { events, asked };
}

const rrset = (ttl: number, ...records: string[]): Rrset => ({ ttl, records });

test.each<[string, (Rrset | null)[], object]>([
  [
    'one cache of many is old: that one counts, for the longest',
    [rrset(60, NEW), rrset(20, OLD), rrset(45, OLD)],
    { serves: 'old', ttl: 45, flips_at: '2026-12-05T12:00:45.000Z' },
  ],
  ['all are new', [rrset(60, NEW), rrset(5, NEW), rrset(9, NEW)], { serves: 'new', ttl: 60, flips_at: null }],
  ['something else', [rrset(60, NEW), rrset(5, '10 evil.example'), null], { serves: 'other', ttl: 5 }],
  ['no answer', [null, null, null], { serves: 'unknown', ttl: null, flips_at: null }],
  ['new, as far as it answers', [rrset(60, NEW), null, null], { serves: 'unknown', ttl: null }],
])('%s', async (_case, answers, expected) => {
  const { events } = await evidence(answers);
  expect(events).toMatchObject([{ type: 'cutover_resolver', domain: 'example.com', rrtype: 'MX', ...expected }]);
});

test('what was not there before is asked for only when every server has it', async () => {
  expect((await evidence([])).asked).not.toContain('CNAME autodiscover.example.com');
  expect((await evidence([], { served: true })).asked).toContain('CNAME autodiscover.example.com');
});
