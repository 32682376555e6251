import type { PlanFolder, PlanMailbox } from '@mxodus/model';
import { expect, it } from 'vitest';
import { shareJobs, sharesOf, taskJob } from './job-needs.ts';

const folder = (source: string): PlanFolder => ({
  ...{ source, destination: source, role: null, subscribed: false, excluded: false, renamed: null },
  ...{ uid_validity: 1, messages: 100, bytes: 0 },
});

const MAILBOX: PlanMailbox = {
  address: 'ann@example.com',
  source: { server: 'old', user: 'ann' },
  destination: { server: 'new', user: 'ann', address: 'ann@example.com' },
  folders: Array.from({ length: 20 }, (_, index) => folder(`F${index}`)),
  ...{ messages: 2000, bytes: 0, largest: [], too_large: [], refused_keywords: [], source_quota: null },
  ...{ destination_quota: null, destination_bytes_after: 0, fits: true, destination_messages: 0 },
  ...{ destination_capabilities: [], append_limit: null, warnings: [] },
};

const servers = (old: number, now: number, total = 100) => ({
  limits: (server: string) => ({
    ...{ connections: total, labels: 'folders' as const },
    connectionsPerMailbox: server === 'old' ? old : now,
  }),
  serverKey: (server: string) => `k-${server}`,
});

it.each([
  { old: 4, now: 4, jobs: 2 },
  { old: 4, now: 3, jobs: 0 },
  { old: 1, now: 20, jobs: 0 },
  { old: 20, now: 9, jobs: 3 },
  { old: 3, now: 40, jobs: 3 },
  { old: 50, now: 50, jobs: 8 },
])(
  'shares of a mailbox with $old and $now connections need no more than that together: $jobs',
  ({ old, now, jobs }) => {
    const at = servers(old, now);
    const shares = sharesOf(MAILBOX, at);
    const made = shares === null ? [] : shareJobs(7, MAILBOX, { shares, servers: at });
    expect(made).toHaveLength(jobs);
    const needed = (key: string): number => made.reduce((sum, { connections }) => sum + (connections[key] ?? 0), 0);
    expect(needed('k-old')).toBeLessThanOrEqual(old);
    expect(needed('k-new')).toBeLessThanOrEqual(now);
    for (const { connections } of made) expect(connections['k-new']).toBeGreaterThanOrEqual(2);
  },
);

it('a task needs what the pass over its mailboxes opens, under the keys of the servers', () => {
  expect(taskJob(7, [MAILBOX], servers(4, 4))).toEqual({ id: 't7', connections: { 'k-old': 3, 'k-new': 4 } });
  expect(taskJob(7, [MAILBOX], servers(4, 4, 2))).toEqual({ id: 't7', connections: { 'k-old': 1, 'k-new': 2 } });
  const one = { ...servers(4, 4), serverKey: () => 'k' };
  expect(taskJob(7, [MAILBOX], one).connections).toEqual({ k: 7 });
});
