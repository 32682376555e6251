import type { Plan, PlanMailbox } from '@mxodus/model';
import { expect, it } from 'vitest';
import { makeStyle } from '../output/style.ts';
import { noPlanText, planText } from './plan.ts';
import { planOf } from './sample-plan.ts';

const text = (plan: Plan): string[] => {
  return planText({ plan, path: 'plans/acme.plan.json', configWords: [] }, makeStyle(false)).split('\n');
};

function withMailbox(change: (mailbox: PlanMailbox) => Partial<PlanMailbox>): Plan {
  const plan = planOf(['ann@example.com'], 2310);
  return { ...plan, mailboxes: plan.mailboxes.map((mailbox) => ({ ...mailbox, ...change(mailbox) })) };
}

it('says what is copied, where the plan is and what to run', () => {
  expect(text(planOf(['ann@example.com'], 2310))).toEqual([
    'ann@example.com: old -> new  2,310 messages  2.3 MiB  1 folder',
    '  + copy  2,310  2.3 MiB',
    '',
    '1 mailbox: 2,310 messages, 2.3 MiB to move.',
    'Plan saved to plans/acme.plan.json (sha aaaaaaaa, good until the config or a server changes). Nothing was changed.',
    'Next:  mxodus sync plans/acme.plan.json',
  ]);
});

it('shows what is there, renamed, excluded, too large, and what will not fit', () => {
  const plan = withMailbox(({ folders, destination }) => ({
    destination: { ...destination, address: 'ann@mail.example.com' },
    destination_messages: 171,
    append_limit: 150 * 1024 ** 2,
    too_large: [{ folder: 'INBOX', uid: 4, bytes: 1024 ** 2 }],
    warnings: [
      { code: 'TOO_LARGE', text: 'said by the line "cannot"' },
      { code: 'DOES_NOT_FIT', text: 'the destination would hold 2.3 GiB and its quota is 1.0 GiB' },
    ],
    folders: [
      ...folders,
      ...folders.map((folder) => ({ ...folder, source: 'a/b', destination: 'a_b', renamed: '"/" is forbidden' })),
      ...folders.map((folder) => ({ ...folder, source: 'c/d', destination: 'c_d', renamed: '"/" is forbidden' })),
      ...folders.map((folder) => ({ ...folder, source: 'Junk', excluded: true, messages: 5, bytes: 10_240 })),
    ],
  }));
  expect(text(plan).slice(0, 10)).toEqual([
    'ann@example.com: old -> ann@mail.example.com at new  2,310 messages  2.3 MiB  4 folders',
    '  + copy     2,309   1.3 MiB',
    '  = there      171            sync compares them by Message-ID, size and date; equal ones are not copied again',
    '  ~ rename       2   folders  "a/b" -> "a_b", "c/d" -> "c_d" ("/" is forbidden)',
    '  - exclude      5  10.0 KiB  left at the source by the config: "Junk"',
    '  ! cannot       1   1.0 MiB  larger than 150 MiB, the most the destination takes: listed in the plan',
    '  ! the destination would hold 2.3 GiB and its quota is 1.0 GiB',
    '',
    '1 mailbox: 2,310 messages, 2.3 MiB to move. 2 warnings: read the lines with "!".',
    'Plan saved to plans/acme.plan.json (sha aaaaaaaa, good until the config or a server changes). Nothing was changed.',
  ]);
});

it('counts mailboxes with nothing to note when there are many', () => {
  const lines = text(
    planOf(
      Array.from({ length: 1000 }, (_, index) => `user${index}@example.com`),
      10,
    ),
  );
  expect(lines.slice(0, 3)).toEqual([
    'and 1,000 mailboxes with nothing to note: they are in the plan.',
    '',
    '1,000 mailboxes: 10,000 messages, 9.8 MiB to move.',
  ]);
});

it('shows the change of the records as something for later', () => {
  const mx = (host: string) => ({ ttl: 3600, records: [{ host, preference: 10 }] });
  const domain = { domain: 'example.com', zone: 'example.com', provider: 'manual' as const, authoritative: [] };
  const plan = planOf(['ann@example.com'], 1);
  const domains = [{ ...domain, before: mx('mx.old.example'), after: mx('mx.new.example') }];
  expect(text({ ...plan, domains })).toEqual(
    expect.arrayContaining([
      'At cutover, not before:',
      '  ~ example.com  MX 10 mx.old.example (TTL 3600)  ->  10 mx.new.example (TTL 3600)',
    ]),
  );
});

it('of a tenant: how long it takes, what the test message did, and which records are wanted beside the MX', () => {
  const mx = (host: string) => ({ ttl: 3600, records: [{ host, preference: 0 }] });
  const plan = withMailbox(() => ({ destination_messages: 3 }));
  const probe = {
    writer: 'graph-json' as const,
    mailbox: 'ann@example.com',
    arrival: 'asked-for' as const,
    faults: [],
  };
  const lines = text({
    ...plan,
    servers: { new: { kind: 'exchange', tenant: 't', graph_url: 'https://graph.microsoft.com', writer: 'auto' } },
    tenants: { new: { permissions: [], free_licences: null, probes: [probe] } },
    estimate: { seconds: 7300, bottleneck: 'upload' },
    domains: [
      {
        ...{ domain: 'example.com', zone: 'example.com', provider: 'manual', authoritative: [] },
        before: mx('mx.old.example'),
        after: mx('example-com.mail.protection.outlook.com'),
        advised: [{ type: 'TXT', name: 'example.com', value: 'v=spf1 -all', ttl: 3600, optional: false }],
      },
    ],
  });
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringContaining('sync knows its own copies by their key; equal ones are not copied again'),
      '  to be set by you, which the new mail system asks for as well:',
      '    example.com  TXT  v=spf1 -all  (TTL 3600)',
      'The first copy takes 2 h or more; what decides is the bytes a mailbox may be sent.',
      expect.stringMatching(
        /^Plan saved .* One test message was written to ann@example\.com, read back and removed; nothing else was changed\.$/,
      ),
    ]),
  );
});

it.each([
  ['mailboxes' as const, 'NO PLAN: 1 of 4 mailboxes could not be looked at; see above.'],
  ['tenant' as const, 'NO PLAN: no mailbox was looked at; see above.'],
])('says what there is no plan for (%s)', (at, expected) => {
  expect(noPlanText({ at, errors: 1, mailboxes: 4 }, makeStyle(false))).toBe(expected);
});
