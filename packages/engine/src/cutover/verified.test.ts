import type { JournalEntry } from '@mxodus/model';
import { expect, test } from 'vitest';
import { nextStep } from './next-step.ts';
import { AUTODISCOVER, domain, MINUTE, NS1, NS2, SPF, START, World } from './world.test.support.ts';

const CANARY = { domain: 'example.com', recipient: 'ann@example.com' };
type Seen = Extract<JournalEntry, { event: 'canary_seen' }>['facts']['at'];

function canaryWorld(settings: object = {}): World {
  const world = new World([domain('example.com')], { probe: { canary: true }, ...settings });
  world.canaries = [CANARY];
  world.runUntil((step, { state }) => state === 'PROPAGATING' && step.kind === 'wait');
  return world;
}

function canary(world: World, id: string, at: Seen): void {
  world.write({ state: world.state, event: 'canary_sent', facts: { id, ...CANARY } });
  world.write({ state: world.state, event: 'canary_seen', facts: { id, at, delay_ms: 9, why: null } });
}

const waits = (world: World) => world.runUntil((step) => step.kind === 'wait' && step.until === null);

test('with test mails on VERIFIED needs one of each recipient at the new servers, sent after safe_at', () => {
  const world = canaryWorld();
  canary(world, 'early', 'new');
  expect(waits(world)).toMatchObject({
    waitingFor: expect.stringContaining('ann@example.com: none sent since the old records ran out'),
  });
  canary(world, 'old', 'old');
  expect(waits(world)).toMatchObject({ waitingFor: expect.stringContaining('found at the old servers') });
  canary(world, 'bounced', 'bounced');
  expect(waits(world)).toMatchObject({ waitingFor: expect.stringContaining('bounced') });
  expect(world.state).toBe('PROPAGATING');
  canary(world, 'good', 'new');
  world.runUntil((_step, { state }) => state === 'VERIFIED');
});

test('a bounce that somebody answers for is not waited for', () => {
  const waive = [{ gate: 'G13', by: 'ann', until: '2026-12-06', why: 'that mailbox is gone' }];
  const world = canaryWorld({ waive });
  world.runUntil((step) => step.kind === 'wait' && step.until === null);
  canary(world, 'bounced', 'bounced');
  world.runUntil((_step, { state }) => state === 'VERIFIED');
  expect(world.gates().find(({ id }) => id === 'G13')).toMatchObject({ status: 'red', waived: { by: 'ann' } });
});

test('without test mails VERIFIED is entered at once, and the gate is amber', () => {
  const world = new World([domain('example.com')]);
  world.runUntil((_step, { state }) => state === 'VERIFIED');
  expect(world.gates().find(({ id }) => id === 'G12')).toMatchObject({ status: 'amber' });
});

test('the old address of a new mail host holds the switch back, whatever the TTL of the MX', () => {
  const world = new World([domain('example.com')]);
  world.runUntil((_step, { state }) => state === 'ARMED');
  const safe = START + 30 * 60 * MINUTE;
  const facts = {
    ...{ host: 'new.example', before: ['192.0.2.7'], after: ['192.0.2.8'] },
    ...{ safe_at: new Date(safe).toISOString(), arithmetic: 'seen with TTL 86400 s' },
  };
  world.write({ state: 'ARMED', event: 'address', facts });
  expect(world.gates().find(({ id }) => id === 'G8')).toMatchObject({
    status: 'amber',
    why: 'the old address of new.example: seen with TTL 86400 s',
  });
  world.runUntil((step) => step.kind === 'send');
  expect(world.now).toBe(safe);
});

test('a TTL that a colleague lowered yesterday still counts', () => {
  const world = new World([domain('example.com')]);
  const at = START - 12 * 60 * MINUTE;
  const row = { at, server: '192.0.2.1:53', name: 'example.com', type: 'MX', ttl: 86_400, records: [] } as const;
  world.runUntil((_step, { state }) => state === 'TTL_LOWERED');
  world.runUntil((step) => step.kind === 'note' && step.note.event === 'timed');
  const step = nextStep({ ...world.situation, history: [row] });
  expect(step).toMatchObject({ note: { facts: { arithmetic: expect.stringContaining('TTL 86400 s') } } });
});

test('a change that is half made is sent again at once; servers of which one has all of it only lag', () => {
  const world = new World([domain('example.com', { others: [SPF, AUTODISCOVER] })]);
  world.answer = (phase) => (phase === 'switch' ? 'half' : 'yes');
  world.runUntil((step) => step.kind === 'send' && step.phase === 'switch');
  world.take(nextStep(world.situation));
  world.answer = () => 'yes';
  expect(nextStep(world.situation)).toMatchObject({ kind: 'send', phase: 'switch', again: true });

  const live = { ttl: 60, records: ['new.example'] };
  world.put(NS1, AUTODISCOVER, live);
  expect(nextStep(world.situation)).toMatchObject({ kind: 'note', note: { event: 'accepted', state: 'SWITCHED' } });
  world.put(NS2, AUTODISCOVER, live);
  world.runUntil((step) => step.kind === 'done');
  expect(world.made.filter((made) => made.startsWith('switch'))).toEqual(['switch example.com']);
});

test('a provider that says yes and serves the old records is waited for, and named; the next zone is not touched', () => {
  const sub = domain('mail.sub.example.com', { zone: 'sub.example.com' });
  const world = new World([domain('example.com'), sub]);
  world.runUntil((step) => step.kind === 'send' && step.phase === 'switch');
  const facts = { phase: 'switch', zone: 'sub.example.com' } as const;
  world.write({ state: 'FROZEN', event: 'sending', facts });
  world.write({ state: 'SWITCHED', event: 'accepted', facts: { ...facts, serial: 2, found_live: false } });
  expect(waits(world)).toMatchObject({
    waitingFor: expect.stringContaining('the provider of sub.example.com said it was made, and none of them serves it'),
  });
  expect(world.made).not.toContain('switch example.com');
  expect(world.gates().find(({ id }) => id === 'G11')).toMatchObject({ status: 'amber' });
});
