import type { LateMail } from '@mxodus/model';
import { describe, expect, it, test } from 'vitest';
import { LateMailExplainer, type LateMessage, type LateSettings } from './explain.ts';

/** Header chains as the servers write them, as it is in front of the reader: folded, in their own words and time zones. */

const SWITCHED = Date.parse('2026-12-05T20:00:00Z');
const minutes = (count: number): number => SWITCHED + count * 60_000;

const SETTINGS: LateSettings = {
  switchedAt: SWITCHED,
  caches: { low: 6 * 60_000, longest: 26 * 3_600_000 },
  old: [
    { host: 'mx.old.example', preference: 0, addresses: ['198.51.100.10', '2001:db8::10'] },
    { host: 'mx2.backup.example', preference: 10, addresses: ['198.51.100.99'] },
  ],
  new: [{ host: 'mx.new.example', preference: 0, addresses: ['203.0.113.50'] }],
  domains: ['example.com'],
};

const message = (header: string, at: number | null, differs: Partial<LateMessage> = {}): LateMessage => ({
  mailbox: 'ann@example.com',
  folder: 'INBOX',
  role: 'inbox',
  uidValidity: 7,
  uid: 3,
  internalDate: at,
  header: Buffer.from(`${header.trim().replaceAll('\n', '\r\n')}\r\n\r\n`),
  ...differs,
});

const explain = (header: string, at: number | null, differs: Partial<LateMessage> = {}): LateMail =>
  new LateMailExplainer(SETTINGS).explain(message(header, at, differs));

const POSTFIX = `
Return-Path: <alice@bank.example>
X-Original-To: ann@example.com
Delivered-To: ann@example.com
Received: from mail.bank.example (mail.bank.example [192.0.2.7])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)
\t(No client certificate requested)
\tby mx.old.example (Postfix) with ESMTPS id 4Xy8Rt2kzVz3Q
\tfor <ann@example.com>; Sat,  5 Dec 2026 21:02:00 +0100 (CET)
Received: from [10.1.2.3] (unknown [10.1.2.3])
\tby mail.bank.example (Postfix) with ESMTPSA id 1B2C3D
\tfor <ann@example.com>; Sat,  5 Dec 2026 15:01:58 -0500 (EST)
Message-ID: <note.1@bank.example>
From: "Alice (Bank)" <alice@bank.example>`;

const EXIM_CPANEL = `
Return-Path: <shop@seller.example>
Delivered-To: ann@example.com
Received: from mx7.hoster.example ([203.0.113.8])
\tby server.old.example with LMTP
\tid mFkAB1xyz
\t(envelope-from <shop@seller.example>)
\tfor <ann@example.com>; Sat, 05 Dec 2026 20:03:01 +0000
Received: from out3.seller.example ([192.0.2.33]:54321)
\tby server.old.example with esmtps  (TLS1.3) tls TLS_AES_256_GCM_SHA384
\t(Exim 4.98.2)
\t(envelope-from <shop@seller.example>)
\tid 1tJabc-00000001-XYZ
\tfor ann@example.com;
\tSat, 05 Dec 2026 20:03:00 +0000
From: shop@seller.example`;

const EXIM_FORM = `
Return-Path: <webuser@server.old.example>
Received: from webuser by server.old.example with local (Exim 4.98.2)
\t(envelope-from <webuser@server.old.example>)
\tid 1tJabd-00000002-ABC
\tfor ann@example.com; Sat, 05 Dec 2026 21:00:00 +0000
X-PHP-Script: www.example.com/contact.php for 203.0.113.77
From: Contact form <webuser@server.old.example>`;

const EXIM_AUTH = `
Return-Path: <printer@example.com>
Received: from [203.0.113.5] (port=52344 helo=printer)
\tby server.old.example with esmtpa (Exim 4.98.2)
\t(envelope-from <printer@example.com>)
\tid 1tJabe-00000003-DEF
\tfor ann@example.com; Mon, 07 Dec 2026 08:00:00 +0000
From: printer@example.com`;

const POSTFIX_AUTH = `
Return-Path: <crm@example.com>
Received: from crm (crm.cloud.example [192.0.2.66])
\t(Authenticated sender: crm@example.com)
\tby mx.old.example (Postfix) with ESMTPSA id 99AA
\tfor <ann@example.com>; Sat,  5 Dec 2026 20:30:00 +0000 (UTC)
From: crm@example.com`;

const LAN = `
Return-Path: <scanner@example.com>
Received: from scanner (unknown [192.168.1.40])
\tby mx.old.example (Postfix) with SMTP id 12AB
\tfor <ann@example.com>; Sun,  6 Dec 2026 09:00:00 +0000 (UTC)
From: scanner@example.com`;

const EXCHANGE = `
Received: from EX01.corp.example.com (10.0.0.5) by EX01.corp.example.com (10.0.0.5)
 with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.2.1544.11
 via Mailbox Transport; Sat, 5 Dec 2026 20:20:02 +0000
Received: from EX01.corp.example.com (10.0.0.5) by EX01.corp.example.com (10.0.0.5)
 with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.2.1544.11;
 Sat, 5 Dec 2026 20:20:01 +0000
Received: from EUR05-DB8-obe.outbound.protection.outlook.com (192.0.2.81) by EX01.corp.example.com
 (10.0.0.5) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)
 id 15.2.1544.11 via Frontend Transport; Sat, 5 Dec 2026 20:20:01 +0000
Received: from AM0PR01MB1.eurprd01.prod.outlook.com (2603:10a6:208:aa::22)
 by DB9PR01MB2.eurprd01.prod.outlook.com (2603:10a6:10:1d::7) with Microsoft SMTP
 Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.8207.18; Sat, 5 Dec
 2026 17:20:00 +0000
Return-Path: carla@partner.example
From: Carla <carla@partner.example>`;

const GMAIL = `
Delivered-To: ann@example.com
Received: by 2002:a05:6402:358c:b0:5d0:1234:5678 with SMTP id y12csp1234567edc;
        Sat, 5 Dec 2026 12:01:00 -0800 (PST)
Return-Path: <dora@gmail.com>
Received: from mail-sor-f41.google.com (mail-sor-f41.google.com. [209.85.220.41])
        by mx.google.com with SMTPS id 4fb4d7f45d1cf-sor1234
        for <ann@example.com>
        (Google Transport Security);
        Sat, 05 Dec 2026 12:01:00 -0800 (PST)
From: Dora <dora@gmail.com>`;

const QMAIL = `
Return-Path: <>
Delivered-To: ann@example.com
Received: (qmail 4711 invoked from network); 5 Dec 2026 20:04:00 -0000
Received: from unknown (HELO mailer.club.example) (192.0.2.44)
  by mx.old.example with SMTP; 5 Dec 2026 20:04:00 -0000
From: mailer-daemon@club.example (Mail Delivery)`;

const AMAVIS = `
Return-Path: <alice@bank.example>
Received: from localhost (localhost [127.0.0.1])
\tby mx.old.example (Postfix) with ESMTP id 55; Sun,  6 Dec 2026 01:00:01 +0000 (UTC)
Received: from mx.old.example ([127.0.0.1])
\tby localhost (mx.old.example [127.0.0.1]) (amavisd-new, port 10024)
\twith ESMTP id abc; Sun,  6 Dec 2026 01:00:00 +0000 (UTC)
Received: from relay.isp.example (relay.isp.example [192.0.2.90])
\tby mx.old.example (Postfix) with ESMTP id 54
\tfor <ann@example.com>; Sun,  6 Dec 2026 01:00:00 +0000 (UTC)
From: alice@bank.example`;

const BACKUP = `
Return-Path: <alice@bank.example>
Received: from mx2.backup.example (mx2.backup.example [198.51.100.99])
\tby mx.old.example (Postfix) with ESMTP id 77
\tfor <ann@example.com>; Sun,  6 Dec 2026 02:00:00 +0000 (UTC)
Received: from mail.bank.example (mail.bank.example [192.0.2.7])
\tby mx2.backup.example (Postfix) with ESMTP id 76
\tfor <ann@example.com>; Sat,  5 Dec 2026 22:00:00 +0000 (UTC)
From: alice@bank.example`;

const GATEWAY = `
Return-Path: <alice@bank.example>
Received: from out.filter.example (out.filter.example [192.0.2.120])
\tby mx.old.example (Postfix) with ESMTPS id 88
\tfor <ann@example.com>; Tue,  8 Dec 2026 10:00:00 +0000 (UTC)
Received: from mail.bank.example (mail.bank.example [192.0.2.7])
\tby in7.filter.example (Filter) with ESMTPS id 87
\tfor <ann@example.com>; Tue,  8 Dec 2026 09:59:58 +0000 (UTC)
From: alice@bank.example`;

const LOOP = BACKUP.replaceAll('mx2.backup.example', 'mx.new.example').replaceAll('198.51.100.99', '203.0.113.50');

const later = Date.parse('2026-12-08T10:00:00Z');

describe('the cause', () => {
  test.each<[string, LateMail['cause'], string, number, string[]]>([
    ['Postfix, in time', 'cache', POSTFIX, minutes(2), ['[10.1.2.3]', 'mail.bank.example [192.0.2.7]']],
    ['Postfix, too late', 'sticky', POSTFIX, minutes(40), ['[10.1.2.3]', 'mail.bank.example [192.0.2.7]']],
    ['Postfix, before the switch', 'cache', POSTFIX, minutes(-1), ['[10.1.2.3]', 'mail.bank.example [192.0.2.7]']],
    ['Exim behind LMTP', 'cache', EXIM_CPANEL, minutes(3), ['out3.seller.example [192.0.2.33]']],
    ['Exim, a web form', 'local', EXIM_FORM, minutes(60), []],
    ['Exim, a printer that signs in', 'hard-coded', EXIM_AUTH, later, ['printer [203.0.113.5]']],
    [
      'Postfix, a CRM that signs in in time',
      'hard-coded',
      POSTFIX_AUTH,
      minutes(1),
      ['crm.cloud.example [192.0.2.66]'],
    ],
    ['a scanner of the LAN', 'hard-coded', LAN, minutes(800), ['scanner [192.168.1.40]']],
    [
      'Exchange, its own hops left out',
      'sticky',
      EXCHANGE,
      minutes(20),
      [
        'am0pr01mb1.eurprd01.prod.outlook.com [2603:10a6:208:aa::22]',
        'eur05-db8-obe.outbound.protection.outlook.com [192.0.2.81]',
      ],
    ],
    ['Gmail as the old host', 'cache', GMAIL, minutes(1), ['mail-sor-f41.google.com [209.85.220.41]']],
    ['qmail', 'cache', QMAIL, minutes(4), ['mailer.club.example [192.0.2.44]']],
    ['a content filter on loopback', 'sticky', AMAVIS, minutes(300), ['relay.isp.example [192.0.2.90]']],
    [
      'a backup MX of the old set',
      'backup-mx',
      BACKUP,
      minutes(360),
      ['mail.bank.example [192.0.2.7]', 'mx2.backup.example [198.51.100.99]'],
    ],
    [
      'a gateway that relays for the domain',
      'backup-mx',
      GATEWAY,
      later,
      ['mail.bank.example [192.0.2.7]', 'out.filter.example [192.0.2.120]'],
    ],
    [
      'the new host, which passes it back',
      'backup-mx',
      LOOP,
      minutes(360),
      ['mail.bank.example [192.0.2.7]', 'mx.new.example [203.0.113.50]'],
    ],
  ])('%s: %s', (_name, cause, header, at, path) => {
    const row = explain(header, at);
    expect(row).toMatchObject({ cause, path, after_switch_ms: at - SWITCHED });
    expect(row.why).not.toBe('');
  });

  it('of a relay that may send for the sender is time, not the relay', () => {
    const passed = GATEWAY.replace(
      'Received:',
      'Authentication-Results: mx.old.example; spf=pass smtp.mailfrom=bank.example\nReceived:',
    );
    expect(explain(passed, later).cause).toBe('sticky');
    const forged = `${GATEWAY.trim()}\nAuthentication-Results: mx.old.example; spf=pass`;
    expect(explain(forged, later).cause).toBe('backup-mx');
  });

  it('is a name in its settings when a machine keeps coming beyond every TTL, and not before', () => {
    const explainer = new LateMailExplainer(SETTINGS);
    const causes = [minutes(3), minutes(60), minutes(600), later, later + 60_000].map(
      (at) => explainer.explain(message(POSTFIX, at)).cause,
    );
    expect(causes).toEqual(['cache', 'sticky', 'sticky', 'hard-coded', 'hard-coded']);
    const known = [minutes(60)].map((at) => explain(POSTFIX, at));
    expect(new LateMailExplainer(SETTINGS, known).explain(message(POSTFIX, later)).cause).toBe('hard-coded');
    expect(new LateMailExplainer(SETTINGS, known).explain(message(QMAIL, later)).cause).toBe('sticky');
  });

  it('of what nobody sent is a mail program', () => {
    const draft = 'Message-ID: <d@example.com>\nFrom: ann@example.com';
    const at = minutes(90);
    expect(explain(draft, at, { folder: 'Sent', role: 'sent' }).cause).toBe('stale-client');
    expect(explain(POSTFIX_AUTH, at, { folder: 'Sent', role: 'sent' }).cause).toBe('stale-client');
    expect(explain(draft, at, { folder: 'Entwürfe', role: 'drafts' }).cause).toBe('stale-client');
    expect(explain(draft, at, { folder: 'Projects', role: null }).cause).toBe('stale-client');
    expect(explain(draft, at).cause).toBe('local');
    const old = POSTFIX.replace('5 Dec 2026 21:02', '5 Nov 2025 21:02');
    expect(explain(old, at, { folder: 'Archive', role: 'archive' }).cause).toBe('stale-client');
  });

  it('of our own test mail, and of what can no longer be read, is said', () => {
    const canary = POSTFIX.replace('<note.1@bank.example>', '<mxodus-canary.m1x2-a9@example.com>');
    expect(explain(canary, minutes(2)).cause).toBe('canary');
    expect(explain('', minutes(2), { header: null })).toMatchObject({ cause: 'unknown', path: [], message_id: null });
    expect(explain(POSTFIX, null)).toMatchObject({ cause: 'unknown', received: null, after_switch_ms: null });
  });

  it('in a rehearsal on one machine does not take strangers for the old host', () => {
    const old = [{ host: 'mx.old.example', preference: 0, addresses: ['127.0.0.2'] }];
    const header = QMAIL.replace('192.0.2.44', '127.0.0.1');
    expect(new LateMailExplainer({ ...SETTINGS, old }).explain(message(header, minutes(2))).cause).toBe('cache');
    expect(explain(header, minutes(2)).cause).toBe('local');
  });
});

describe('a row', () => {
  it('says who sent it, when it was first taken, and how long it waited', () => {
    expect(explain(EXCHANGE, minutes(20))).toMatchObject({
      v: 1,
      mailbox: 'ann@example.com',
      folder: 'INBOX',
      uid_validity: 7,
      uid: 3,
      sender: 'carla@partner.example',
      received: '2026-12-05T20:20:00.000Z',
      submitted: '2026-12-05T17:20:00.000Z',
      why: expect.stringContaining('on its way for 3 h'),
    });
    expect(explain(POSTFIX, minutes(2)).message_id).toBe('<note.1@bank.example>');
    expect(explain(POSTFIX, minutes(2)).sender).toBe('alice@bank.example');
    expect(explain(QMAIL, minutes(4)).sender).toBe('mailer-daemon@club.example');
  });

  test.each([
    ['no year', 'Sat, 5 Dec 20:00:00 +0000'],
    ['a month nobody knows', 'Sat, 5 Foo 2026 20:00:00 +0000'],
    ['the year 1970', 'Thu, 1 Jan 1970 00:00:00 +0000'],
    ['a year to come', 'Sat, 5 Dec 2099 20:00:00 +0000'],
    ['the 45th', 'Sat, 45 Dec 2026 20:00:00 +0000'],
    ['nothing', ''],
  ])('does not believe a date with %s', (_name, date) => {
    const header = `Received: from a.example (a.example [192.0.2.1]) by mx.old.example; ${date}\nFrom: a@a.example`;
    expect(explain(header, minutes(1))).toMatchObject({ submitted: null, cause: 'cache' });
  });

  it('comes of any header, in little time', () => {
    const started = Date.now();
    const hostile = [
      '',
      'Received:',
      'Received: ;;;;',
      `Received: ${'('.repeat(50_000)}`,
      `Received: from ${'a.'.repeat(50_000)} by b; Sat, 5 Dec 2026 20:00:00 +0000`,
      `Received: from x (y (z [192.0.2.1]; by evil) \\) still) by mx.old.example; Sat, 5 Dec 2026 20:00:00 +0000`,
      `Received: from "by evil; (" ([192.0.2.1]) by mx.old.example with SMTP; Sat, 5 Dec 2026 20:00:00 +0000`,
      `Received: from [999.1.1.1] (]]][[[ [::::::]) by by by with with; from`,
      Array.from({ length: 3000 }, (_, n) => `Received: from h${n}.example ([10.0.0.1]) by h${n + 1}.example`).join(
        '\n',
      ),
      '\r'.repeat(100_000),
      `From: ${'<'.repeat(50_000)}`,
      `Return-Path: ${'a@'.repeat(50_000)}`,
      `X: ${'\0'.repeat(50_000)}\nReceived\0: from x`,
      Buffer.from([0xff, 0xfe, 0x0a, 0x20, 0x80]).toString('latin1'),
    ];
    for (const header of hostile) {
      const row = new LateMailExplainer(SETTINGS).explain(message(header, minutes(2)));
      expect(row.why.length).toBeLessThan(1000);
      expect(row.path.length).toBeLessThanOrEqual(30);
    }
    expect(Date.now() - started).toBeLessThan(5000);
  });

  it('never steers a terminal', () => {
    const header =
      'Return-Path: <a\u001b[31m@a.example>\nReceived: from \u202eevil\u001b[2J ([192.0.2.1]) by mx.old.example';
    const row = JSON.stringify(Object.values(explain(header, minutes(2))).join(' '));
    expect(row).not.toMatch(/\\u001b|\u202e/);
  });
});
