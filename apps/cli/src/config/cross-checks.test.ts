import { describe, expect, test } from 'vitest';
import { readConfig } from './config-issues.ts';
import { crossChecks } from './cross-checks.ts';
import { notSupportedYet } from './not-supported.ts';
import { parseYaml } from './yaml-source.ts';

const GOOD = `version: 1
project: acme
servers:
  old: { kind: imap, host: mail.old.example }
  new: { kind: imap, host: imap.new.example }
mailboxes:
  - { address: ann@example.com, source: old, password: { env: ANN_PW } }
assign:
  - { match: "*", to: new }
`;

/** GOOD with a line replaced, and more at its end (line 10). */
function good(changes: Record<number, string>, more = ''): string {
  const lines = GOOD.trimEnd().split('\n');
  for (const [line, text] of Object.entries(changes)) lines[Number(line) - 1] = text;
  return `${lines.join('\n')}\n${more}`;
}

function problems(yaml: string): string[] {
  const source = parseYaml(yaml, 'mxodus.yaml');
  const { config, problems: wrong } = readConfig(source);
  if (config !== null) wrong.push(...crossChecks(config, source), ...notSupportedYet(config, source));
  return wrong.map(({ code, where, what }) => `${code} ${where} ${what}`);
}

test('a good config has no problem', () => expect(problems(GOOD)).toEqual([]));

describe('keys that do not go together', () => {
  const domain = (text: string): string => good({}, `domains:\n  example.com:\n    ${text}\n`);
  const records = 'records: [{ host: mx1, preference: 1 }]';

  test.each<[string, string, string[]]>([
    [
      'mail to no server',
      domain(`{ mx: { to: x, ${records} }, dns: { provider: manual, zone: example.com } }`),
      ['CONFIG_INVALID mxodus.yaml:12 `domains.example.com.mx.to` names the server "x", which is not there'],
    ],
    [
      'an IMAP server without MX records',
      domain('{ mx: { to: new }, dns: { provider: manual, zone: example.com } }'),
      ['CONFIG_INVALID mxodus.yaml:12 `domains.example.com.mx.records` is missing'],
    ],
    [
      'a domain outside its zone',
      domain(`{ mx: { to: new, ${records} }, dns: { provider: manual, zone: ample.com } }`),
      ['CONFIG_INVALID mxodus.yaml:12 `domains.example.com.dns.zone`: example.com is not in the zone ample.com'],
    ],
    [
      'a template with an unknown word',
      good({ 9: '  - { match: "*", to: new, address: "{user}@x.example" }' }),
      ['CONFIG_INVALID mxodus.yaml:9 `assign[0].address` cannot fill in {user}'],
    ],
    [
      'a template that makes no address',
      good({ 9: '  - { match: "*", to: new, address: "{local}" }' }),
      ['CONFIG_INVALID mxodus.yaml:9 `assign[0].address` makes no address'],
    ],
    [
      'a day that does not exist',
      good({}, 'cutover: { window: { start: 2026-02-30T20:00, zone: Europe/London } }\n'),
      ['CONFIG_INVALID mxodus.yaml:10 `cutover.window.start` is no date and time'],
    ],
    [
      'a time zone that does not exist',
      good({}, 'cutover: { window: { start: 2026-02-20T20:00, zone: Europe/Lndon } }\n'),
      ['CONFIG_INVALID mxodus.yaml:10 `cutover.window.zone` is no time zone that is known'],
    ],
    [
      'an hour that the clocks skip',
      good({}, 'cutover: { window: { start: 2027-03-28T01:30, zone: Europe/London } }\n'),
      [
        'CONFIG_INVALID mxodus.yaml:10 `cutover.window.start` does not name one moment in Europe/London: the clocks are changed in that hour',
      ],
    ],
    [
      'a window that ends before it starts',
      good({}, 'cutover: { window: { start: 2026-12-05T20:00, end: 2026-12-05T19:00, zone: Europe/London } }\n'),
      ['CONFIG_INVALID mxodus.yaml:10 `cutover.window.end` is not after `start`'],
    ],
    [
      'a gate that cannot be waived',
      good({}, 'cutover:\n  waive: [{ gate: G15, by: me, until: 2026-12-06, why: x }]\n'),
      ['CONFIG_INVALID mxodus.yaml:11 `cutover.waive[0].gate` is G15, which cannot be waived'],
    ],
    [
      'a waiver without an end that exists',
      good({}, 'cutover:\n  waive: [{ gate: G3, by: me, until: 2026-12-36, why: x }]\n'),
      ['CONFIG_INVALID mxodus.yaml:11 `cutover.waive[0].until` is no date'],
    ],
    [
      'a canary to an address outside',
      good({}, 'cutover:\n  probe: { canary: true, canary_to: [ann@elsewhere.example] }\n'),
      [
        'CONFIG_INVALID mxodus.yaml:11 `cutover.probe.canary_to[0]`: elsewhere.example is not one of the domains that are switched',
      ],
    ],
    ...[
      [
        'outside the zone',
        '{ name: www.example.net., type: A, values: [192.0.2.1] }',
        'name` is www.example.net, which is not in the zone example.com',
      ],
      [
        'an alias at the apex',
        '{ name: "@", type: CNAME, values: [other.example] }',
        'name` is example.com, which cannot be an alias',
      ],
      [
        'an address that is none',
        '{ name: mx, type: A, values: [192.0.2.999] }',
        'values` has "192.0.2.999", which is no A record',
      ],
      [
        'a text in quotes',
        `{ name: "@", type: TXT, values: ['"v=spf1 -all"'] }`,
        `values\` has ""v=spf1 -all"", which is no TXT record`,
      ],
    ].map(([name, record, told]): [string, string, string[]] => [
      `a record: ${name}`,
      good(
        {},
        `domains:\n  example.com:\n    mx: { to: new, records: [{ host: mx1, preference: 10 }] }\n    records: [${record}]\n    dns: { provider: manual, zone: example.com }\n`,
      ),
      [`CONFIG_INVALID mxodus.yaml:13 \`domains.example.com.records[0].${told}`],
    ]),
  ])('%s', (_name, yaml, expected) => expect(problems(yaml)).toEqual(expected));

  test.each([
    [
      'a host elsewhere',
      'mail.old.example',
      '',
      ['CLEARTEXT_REFUSED mxodus.yaml:4 `servers.old.tls` is none, and mail.old.example is not this machine'],
    ],
    [
      'a host that only begins like loopback',
      '127.0.0.1.evil.example',
      '',
      ['CLEARTEXT_REFUSED mxodus.yaml:4 `servers.old.tls` is none, and 127.0.0.1.evil.example is not this machine'],
    ],
    ['a host elsewhere, allowed', 'mail.old.example', ', allow_cleartext: true', []],
    ['127.0.0.2', '127.0.0.2', '', []],
    ['localhost', 'localhost', '', []],
    ['::1', '"::1"', '', []],
  ])('cleartext to %s', (_name, host, more, expected) => {
    expect(problems(good({ 4: `  old: { kind: imap, host: ${host}, tls: none${more} }` }))).toEqual(expected);
  });

  test('workers on many machines without a ledger they can share', () => {
    expect(problems(good({}, 'queue: { kind: bullmq, redis: { env: U } }\n'))).toEqual([
      'CONFIG_INVALID mxodus.yaml:10 `queue.kind` is bullmq, and `ledger.kind` is sqlite',
    ]);
  });

  test.each([
    'ledger: { kind: postgres, url: { env: U } }\n',
    'ledger: { kind: postgres, url: { env: U } }\nqueue: { kind: bullmq, redis: { env: U } }\n',
  ])('supported: %s', (more) => expect(problems(good({}, more))).toEqual([]));

  test.each(['bytes_per_second: 8MB', 'bytes_per_day: 1GB', 'bytes_per_second: null'])('supported: %s', (limit) => {
    expect(problems(good({ 4: `  old: { kind: imap, host: h, limits: { ${limit} } }` }))).toEqual([]);
  });
});
