import { describe, expect, it } from 'vitest';
import { certificateOf } from '../certificate/certificate-of.ts';
import {
  BEGUN,
  canarySeen,
  canarySent,
  canaryTaken,
  ENDED,
  journalOf,
  lateMailOf,
} from '../certificate/sample-journal.ts';
import { makeStyle } from '../output/style.ts';
import { certificateText } from './certificate.ts';
import { certificatePage } from './certificate-page/certificate-page.ts';
import { planOf } from './sample-plan.ts';

const certificate = certificateOf({
  plan: {
    ...planOf(['ann@example.com'], 9),
    domains: [
      {
        ...{ domain: 'example.com', zone: 'example.com', provider: 'rfc2136', authoritative: [] },
        before: { ttl: 3600, records: [] },
        after: { ttl: 3600, records: [] },
      },
    ],
  },
  planned: [
    {
      ...{ type: 'cutover_change', phase: 'switch', zone: 'example.com', name: 'example.com', rrtype: 'MX' },
      before: { ttl: 60, records: ['10 mx.old.example'] },
      after: { ttl: 60, records: ['5 mx.new.example'] },
    },
  ],
  entries: journalOf([
    ...BEGUN,
    canarySent('c1'),
    canarySeen('c1', 'new'),
    canarySent('<i>c2'),
    canaryTaken('<i>c2'),
    ...ENDED,
  ]),
  digest: 'd'.repeat(64),
  lateMail: [lateMailOf({ cause: 'hard-coded', path: ['printer.lan'], sender: 'printer@example.com' })],
  alterations: 0,
  version: '0.1.0',
  now: new Date('2026-12-09T08:00:00Z'),
});

it('says in text what was measured and what was not', () => {
  expect(certificateText(certificate, 100, makeStyle(false)).split('\n')).toEqual([
    'LOST: test mails: 2 sent, 1 arrived, 1 lost, 0 bounced.',
    'example.com · plan aaaaaaaaaaaa of 2026-11-22 11:00 UTC · state RESTORED',
    '',
    'States',
    '  DRAFT        2026-12-05T19:00:00Z  for 2 min 00 s',
    '  AUDITED      2026-12-05T19:02:00Z  for 1 min 00 s',
    '  SWITCHED     2026-12-05T19:03:00Z  for 2 min 00 s',
    '  PROPAGATING  2026-12-05T19:05:00Z  for 6 min 00 s',
    '  DRAINING     2026-12-05T19:11:00Z  for 2 min 00 s',
    '  RESTORED     2026-12-05T19:13:00Z',
    '',
    'Changes',
    '  switch of example.com: accepted 2026-12-05T19:04:00Z, served everywhere 2026-12-05T19:05:00Z, serial 7, id C1, approved by ann',
    '      example.com MX',
    '        - 10 mx.old.example',
    '        + 5 mx.new.example  (TTL 60)',
    '',
    'Waits',
    '  switch: 19:05 + max(TTL 60 s, resolver floor 300 s) + slack 60 s = 19:12 (until 2026-12-05T19:12:00Z)',
    '',
    'Gates when it began',
    '  green: G1, G10',
    '  unknown: G3',
    '  amber: G4',
    '',
    'Waivers',
    '  G3  by ann until 2026-12-06: catch-all host',
    '',
    'People',
    '  2026-12-05T19:01:00Z  approved by ann, with the hash of the plan',
    '',
    'Test mails that did not arrive',
    '  to ann@example.com, sent 2026-12-05T19:09:00Z: found at neither server',
    '',
    'Late mail',
    '  1 message fetched from the old servers: 1 hard-coded',
    '  printer.lan (hard-coded, 1 message) printer@example.com',
    '',
    'Passes',
    '  drain: 1 pass, 2 moved, 0 not moved, 0 in doubt',
    '',
    'Altered on the way',
    '  none',
    '',
    'Not measured',
    '  how many mails strangers sent: only test mails can be counted at both ends',
    '  gates that were unknown at the audit: G3',
    '',
    'Journal',
    `  14 lines, chain verified; SHA-256 of the last one ${'d'.repeat(64)}`,
  ]);
});

describe('the page', () => {
  const page = certificatePage(certificate);

  it('has the same facts, escaped, and needs nothing else', () => {
    for (const words of [
      '<b>LOST</b>',
      'G3 unknown, waived',
      '&lt;i&gt;c2',
      '+ 5 mx.new.example  (TTL 60)',
      'd'.repeat(64),
    ]) {
      expect(page).toContain(words);
    }
    expect(page).not.toMatch(/<script|src=|<link|url\(|<i>c2/);
  });
});
