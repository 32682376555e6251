import type { LateMail } from '@mxodus/model';
import { expect, it } from 'vitest';
import { lateSummary } from './late-summary.ts';

const row = (differs: Partial<LateMail>): LateMail => ({
  ...{ v: 1, mailbox: 'ann@example.com', folder: 'INBOX', uid_validity: 7, uid: 1, message_id: null, sender: '' },
  ...{ received: '2026-12-06T10:00:00.000Z', submitted: null, after_switch_ms: 1, path: [], cause: 'cache', why: '-' },
  ...differs,
});

it('counts causes, and names the machines and users somebody has to see to', () => {
  const printer = { path: ['printer [203.0.113.5]'], sender: 'printer@example.com' };
  const summary = lateSummary([
    row({}),
    row({ received: null }),
    row({ cause: 'sticky', ...printer }),
    row({ cause: 'hard-coded', ...printer, received: '2026-12-08T10:00:00.000Z' }),
    row({ cause: 'local', sender: 'form@old.example' }),
    row({ cause: 'stale-client', folder: 'Sent', received: '2026-12-07T10:00:00.000Z' }),
    row({ cause: 'stale-client', folder: 'Drafts' }),
    row({ cause: 'stale-client', folder: 'Sent', mailbox: 'bob@example.com' }),
  ]);
  expect(summary).toEqual({
    messages: 8,
    byCause: [
      { cause: 'stale-client', messages: 3 },
      { cause: 'cache', messages: 2 },
      { cause: 'sticky', messages: 1 },
      { cause: 'hard-coded', messages: 1 },
      { cause: 'local', messages: 1 },
    ],
    machines: [
      {
        ...{ host: 'printer [203.0.113.5]', cause: 'hard-coded', senders: ['printer@example.com'], messages: 2 },
        lastAt: '2026-12-08T10:00:00.000Z',
      },
      { host: '', cause: 'local', senders: ['form@old.example'], messages: 1, lastAt: '2026-12-06T10:00:00.000Z' },
    ],
    staleClients: [
      {
        ...{ mailbox: 'ann@example.com', folders: ['Drafts', 'Sent'], messages: 2 },
        lastAt: '2026-12-07T10:00:00.000Z',
      },
      { mailbox: 'bob@example.com', folders: ['Sent'], messages: 1, lastAt: '2026-12-06T10:00:00.000Z' },
    ],
    lastAt: '2026-12-08T10:00:00.000Z',
  });
  expect(lateSummary([])).toMatchObject({ messages: 0, byCause: [], machines: [], staleClients: [], lastAt: null });
});
