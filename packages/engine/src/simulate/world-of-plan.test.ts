import type { Plan, PlanMailbox, ServerConfig } from '@mxodus/model';
import { serverSchema } from '@mxodus/model';
import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';
import { worldOfPlan } from './world-of-plan.ts';

const planned = (user: string, messages: number, some: Partial<PlanMailbox> = {}): PlanMailbox => ({
  address: `${user}@example.com`,
  source: { server: 'old', user },
  destination: { server: 'new', user, address: `${user}@example.com` },
  messages,
  bytes: messages * 1000,
  folders: [],
  largest: [],
  too_large: [],
  refused_keywords: [],
  source_quota: null,
  destination_quota: null,
  destination_bytes_after: 0,
  fits: true,
  destination_messages: 0,
  destination_capabilities: ['LITERAL+', 'MULTIAPPEND', 'UIDPLUS'],
  append_limit: null,
  warnings: [],
  ...some,
});

const planOf = (mailboxes: PlanMailbox[]): Plan => ({
  v: 1,
  type: 'plan',
  project: 'acme',
  created_at: '2026-11-23T08:00:00Z',
  mxodus: '0.1.0',
  config_sha256: 'c'.repeat(64),
  servers: {},
  mailboxes,
  rules: { deletes: 'keep', newest_first: true, exclude: [], map: {} },
  domains: [],
  warnings: [],
  sha256: 'a'.repeat(64),
});

const server = (config: unknown): ServerConfig => serverSchema.parse(config);

const config = {
  project: 'acme',
  servers: {
    old: server({ kind: 'imap', host: 'imap.old.example', limits: { connections: 12, connections_per_mailbox: 3 } }),
    new: server({ kind: 'imap', host: '127.0.0.1', limits: { bytes_per_second: '5MB' } }),
    spare: server({ kind: 'imap', host: 'imap.spare.example' }),
  },
  ledger: { kind: 'sqlite', path: 'ledger.db' },
  queue: { kind: 'inline' },
} as const;

it('takes the limits of the config, and one process where it says so', () => {
  const { servers, fleet } = worldOfPlan(planOf([planned('ann', 10)]), config, null);
  expect(servers.map(({ name }) => name)).toEqual(['old', 'new']);
  expect(servers[0]).toMatchObject({ connections: 12, connectionsPerMailbox: 3, roundTrip: 0.04, requests: null });
  expect(servers[1]).toMatchObject({ connections: 20, bytesPerSecond: 5_000_000, roundTrip: 0 });
  expect(fleet).toMatchObject({ workers: 1, places: Number.POSITIVE_INFINITY, slice: Number.POSITIVE_INFINITY });
});

it('gives a worker of a fleet as many places as the servers let in', () => {
  const { fleet } = worldOfPlan(planOf([planned('ann', 10)]), config, 3);
  expect(fleet).toMatchObject({ workers: 3, places: 4, slice: 300 });
});

it('leaves out what cannot move, and makes one of those that go into one mailbox', () => {
  const mailboxes = [
    planned('ann', 10, { too_large: [{ folder: 'INBOX', uid: 1, bytes: 4000 }], wave: 3 }),
    planned('old-ann', 20, { destination: { server: 'new', user: 'ANN', address: 'ann@example.com' } }),
    planned('bob', 5, { destination_capabilities: ['LITERAL-'] }),
  ];
  const world = worldOfPlan(planOf(mailboxes), config, null);
  expect(world.mailboxes.map(({ messages, bytes, wave, append }) => ({ messages, bytes, wave, append }))).toEqual([
    { messages: 29, bytes: 26_000, wave: 3, append: 'multiappend' },
    { messages: 5, bytes: 5000, wave: 50, append: 'plain' },
  ]);
  expect(simulate(world).messages).toBe(34);
});

it("has Microsoft's limits for a tenant", () => {
  const m365 = server({ kind: 'exchange', tenant: 't', client_id: 'c', credential: { secret: { env: 'S' } } });
  const ann = planned('ann', 30_000, { destination: { server: 'm365', user: 'ann', address: 'ann@example.com' } });
  const world = worldOfPlan(planOf([ann]), { ...config, servers: { ...config.servers, m365 } }, null);
  expect(world.servers.at(-1)).toMatchObject({
    connections: 60,
    requests: { concurrent: 4, requests: { most: 10_000, inMs: 600_000 } },
  });
  // Two windows in full, and the third at 20 requests a second.
  const { makespan } = simulate(world);
  expect(makespan).toBeGreaterThan(1700);
  expect(makespan).toBeLessThan(1720);
});
