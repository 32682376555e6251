import { configSchema, type Plan } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { planOf } from '../views/sample-plan.ts';
import { noticePage } from './notice-page.ts';
import { noticeText } from './notice-text.ts';
import { dayText, fullTime, noticeTimes } from './notice-times.ts';
import { noticesOf } from './notices-of.ts';

const settingsOf = (cutover: object) => configSchema.shape.cutover.parse(cutover);
const WINDOW = { start: '2026-12-05T20:00', zone: 'Europe/Berlin' };
const TIMES = noticeTimes({ settings: settingsOf({ window: WINDOW }), ttls: [3600], switchedAt: null });

const SPLIT: Plan = {
  ...planOf(['ann@example.com', 'bob@example.com'], 9),
  servers: {
    m365: { kind: 'exchange', tenant: 't', graph_url: 'https://graph.microsoft.com', writer: 'auto' },
    new: { kind: 'imap', host: 'imap.new.example', port: 993, tls: 'implicit' },
  },
  mailboxes: planOf(['ann@example.com', 'bob@example.com'], 9).mailboxes.map((mailbox) =>
    mailbox.address.startsWith('ann')
      ? { ...mailbox, destination: { server: 'm365', user: mailbox.address, address: mailbox.address } }
      : { ...mailbox, destination: { server: 'new', user: 'bob', address: 'bob@mail.example.com' } },
  ),
  domains: [
    {
      domain: 'example.com',
      zone: 'example.com',
      provider: 'manual',
      authoritative: [],
      before: { ttl: 3600, records: [] },
      after: { ttl: 3600, records: [] },
    },
  ],
};

const noticeOf = (name: string): string => {
  const notice = noticesOf(SPLIT, TIMES).find((one) => one.name === name);
  return notice === undefined ? `no ${name}` : noticeText(notice);
};

describe('the times', () => {
  it('are computed: the low TTL, the resolver floor and the slack after the switch, the drain before the end', () => {
    const at = Date.parse('2026-12-05T19:00:00Z');
    expect(TIMES).toEqual({
      zone: 'Europe/Berlin',
      switchAt: at,
      isSwitched: false,
      calmAt: at + 360_000,
      closesAt: at + 72 * 3_600_000,
    });
    expect(noticesOf(SPLIT, TIMES).map(({ sendAt }) => sendAt && (sendAt - at) / 3_600_000)).toEqual([
      ...[-168, -24, -1, null, 72],
      ...[-168, -24, -1, null, 72],
      -24,
    ]);
  });

  it('are those of the switch once it is made; without either there is no notice', () => {
    const switchedAt = Date.parse('2026-12-05T20:31:00Z');
    expect(noticeTimes({ settings: settingsOf({ window: WINDOW }), ttls: [60], switchedAt })).toMatchObject({
      switchAt: switchedAt,
      isSwitched: true,
    });
    expect(() => noticeTimes({ settings: settingsOf({}), ttls: [60], switchedAt: null })).toThrow('CONFIG_INVALID');
  });

  it.each([
    ['2026-12-05T19:00:00Z', 'Europe/Berlin', 'Saturday, 5 December 2026, 20:00 (Europe/Berlin, UTC+01:00; 19:00 UTC)'],
    [
      '2026-07-05T03:30:00Z',
      'America/New_York',
      'Saturday, 4 July 2026, 23:30 (America/New_York, UTC-04:00; 2026-07-05 03:30 UTC)',
    ],
    ['2026-12-05T19:00:00Z', 'UTC', 'Saturday, 5 December 2026, 19:00 UTC'],
  ])('are written in the zone of the window, and in UTC: %s in %s', (time, zone, words) => {
    expect(fullTime(Date.parse(time), zone)).toBe(words);
    expect(words).toContain(dayText(Date.parse(time), zone));
  });
});

it('tells those who keep their address how to reach the new mailbox', () => {
  expect(noticeOf('users-m365-2-day-before')).toBe(`Tomorrow your mail moves
========================

Your mail moves to Microsoft 365.

  New mail arrives at the new server:
    from Saturday, 5 December 2026, 20:00 (Europe/Berlin, UTC+01:00; 19:00
    UTC)
  Some mail may still arrive at the old one, and is brought over:
    until about Saturday, 5 December 2026, 20:06 (Europe/Berlin, UTC+01:00;
    19:06 UTC)
  The old server closes:
    not before Tuesday, 8 December 2026, 20:00 (Europe/Berlin, UTC+01:00;
    19:00 UTC)

Your mail and your folders are copied beforehand. Until the switch nothing
changes for you.

What changes
------------

Your address stays the same.

- In a browser: https://outlook.office.com, with your new sign-in.
- In Outlook or on a phone: add the account anew as Microsoft 365
  (Exchange); the old account can be removed after that.
- The user name is your address.

What to do
----------

- Until the switch: go on as always. Empty your outbox before it, and close
  your mail program.
- After the switch: set up the new mailbox as written above, and stop using
  the old one.
- Nothing has to be saved or sent again by you.
`);
});

it('tells those of a split their new address and user name, and partners too', () => {
  const switched = noticeOf('users-new-new-address-4-switched');
  expect(switched).toContain('  bob@example.com  bob@mail.example.com\n');
  expect(switched).toContain('  bob@mail.example.com  bob\n');
  expect(switched).not.toContain('ann@');
  expect(noticeOf('partners')).toContain('  bob@example.com  bob@mail.example.com\n');
});

it('makes a page that needs nothing else and runs nothing', () => {
  for (const page of noticesOf(SPLIT, TIMES).map(noticePage)) {
    expect(page).not.toMatch(/<script|src=|<link|url\(/);
    expect(page).toContain("default-src 'none'");
  }
});
