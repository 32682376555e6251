import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rrset, RrsetChange, RrType } from '@mxodus/model';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { openProvider } from '../../registry.ts';
import type { Form } from './instructions.ts';

const ZONE = 'example.com';
const NONE: Rrset = { ttl: 0, records: [] };
/** What quoting has to bear. */
const ODD = `say "hi" \\ \${bye}`;
const LONG = `v=DKIM1; k=rsa; p=${'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC'.repeat(12)}`;

const change = (name: string, type: RrType, before: Rrset, after: Rrset): RrsetChange => ({
  name,
  type,
  before,
  after,
});
const SWITCH = change(
  ZONE,
  'MX',
  { ttl: 3600, records: ['10 old.example'] },
  { ttl: 60, records: ['10 new.example', '20 new2.example'] },
);
const ALL = [
  SWITCH,
  change(ZONE, 'TXT', NONE, { ttl: 300, records: ['v=spf1 include:spf.example.net -all', ODD] }),
  change(`s1._domainkey.${ZONE}`, 'TXT', NONE, { ttl: 300, records: [LONG] }),
  change(`autodiscover.${ZONE}`, 'CNAME', NONE, { ttl: 300, records: ['autodiscover.outlook.com'] }),
  change(`autodiscover.${ZONE}`, 'A', { ttl: 300, records: ['192.0.2.5'] }, NONE),
  change(`mx.${ZONE}`, 'A', NONE, { ttl: 300, records: ['192.0.2.1'] }),
  change(`mx.${ZONE}`, 'AAAA', NONE, { ttl: 300, records: ['2001:db8::1'] }),
  change(`_imaps._tcp.${ZONE}`, 'SRV', NONE, { ttl: 300, records: ['0 1 993 mx.example.com'] }),
  change(`_25._tcp.mx.${ZONE}`, 'TLSA', NONE, { ttl: 300, records: [`3 1 1 ${'0f'.repeat(32)}`] }),
  change(`gone.${ZONE}`, 'A', { ttl: 300, records: ['192.0.2.9'] }, NONE),
];

async function told(emit: Form[], changes: readonly RrsetChange[]): Promise<string> {
  const provider = await openProvider({ provider: 'manual', zone: ZONE, emit });
  expect(await provider.rehearse(changes, new AbortController().signal)).toBe('allowed');
  const result = await provider.apply(changes, new AbortController().signal);
  return result.kind === 'by-hand' ? result.instructions : '';
}

/** The lines of one form, without their indentation. */
async function form(name: Form, changes: readonly RrsetChange[]): Promise<string[]> {
  const [, text = ''] = (await told([name], changes)).split(/\nAs [^\n]*:\n/);
  return (text.split('\n\nmxodus goes on')[0] ?? '').split('\n').map((line) => line.slice(2));
}

test('says what to change in words, as zone lines and for nsupdate', async () => {
  expect(
    await told(['zone', 'nsupdate'], [SWITCH]),
  ).toBe(`Change in the zone example.com, all at once, replacing every record of the name and type:
  example.com MX
    now  10 old.example (TTL 3600)
    to   10 new.example, 20 new2.example (TTL 60)

As lines of a zone file:
  example.com. 60 IN MX 10 new.example.
  example.com. 60 IN MX 20 new2.example.

As a script for nsupdate (server and key are yours to add):
  zone example.com.
  prereq yxrrset example.com. IN MX 10 old.example.
  update delete example.com. MX
  update add example.com. 60 IN MX 10 new.example.
  update add example.com. 60 IN MX 20 new2.example.
  send

mxodus goes on by itself once every authoritative server serves this.`);
});

test('its zone lines are a zone that BIND takes, long texts and odd characters too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mx-zone-'));
  try {
    const head = [
      '$ORIGIN example.com.',
      '@ 300 IN SOA ns1 host 1 1 1 1 1',
      '@ 300 IN NS ns1',
      'ns1 300 IN A 192.0.2.2',
    ];
    writeFileSync(join(folder, 'zone'), `${[...head, ...(await form('zone', ALL))].join('\n')}\n`);
    const args = ['-i', 'none', '-D', ZONE, join(folder, 'zone')];
    const checked = spawnSync('/usr/bin/named-checkzone', args, { encoding: 'utf8' });
    expect([checked.status, checked.stderr]).toEqual([0, expect.any(String)]);
    const texts = checked.stdout.split('\n').filter((line) => /\sTXT\s/.test(line));
    expect(texts.join('\n')).toContain(`"say \\"hi\\" \\\\ \${bye}"`);
    expect(texts.find((line) => line.startsWith('s1._domainkey'))?.match(/"[^"]*"/g)?.length).toBe(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('its script for nsupdate deletes all before it adds anything: a CNAME is else not taken', async () => {
  const lines = (await form('nsupdate', ALL)).filter((line) => line.startsWith('update '));
  const firstAdded = lines.findIndex((line) => line.startsWith('update add '));
  expect(lines.slice(0, firstAdded)).toHaveLength(ALL.length);
  expect(lines.slice(firstAdded).filter((line) => line.startsWith('update delete '))).toEqual([]);
  expect(lines).toContain('update delete autodiscover.example.com. A');
  expect(lines).toContain('update add autodiscover.example.com. 300 IN CNAME autodiscover.outlook.com.');
});

test('its octoDNS lines are YAML as YamlProvider takes it: every key in order, a CNAME with one value', async () => {
  const text = (await form('octodns', ALL)).join('\n');
  expect(parse(text)).toEqual({
    '': [
      {
        ...{ type: 'MX', ttl: 60 },
        values: [
          { preference: 10, exchange: 'new.example.' },
          { preference: 20, exchange: 'new2.example.' },
        ],
      },
      { type: 'TXT', ttl: 300, values: ['v=spf1 include:spf.example.net -all', `say "hi" \\\\ \${bye}`] },
    ],
    's1._domainkey': [{ type: 'TXT', ttl: 300, values: [LONG.replaceAll(';', '\\;')] }],
    autodiscover: [{ type: 'CNAME', ttl: 300, value: 'autodiscover.outlook.com.' }],
    mx: [
      { type: 'A', ttl: 300, values: ['192.0.2.1'] },
      { type: 'AAAA', ttl: 300, values: ['2001:db8::1'] },
    ],
    '_imaps._tcp': [
      { type: 'SRV', ttl: 300, values: [{ priority: 0, weight: 1, port: 993, target: 'mx.example.com.' }] },
    ],
    '_25._tcp.mx': [
      {
        ...{ type: 'TLSA', ttl: 300 },
        values: [
          {
            ...{ certificate_usage: 3, selector: 1, matching_type: 1 },
            certificate_association_data: '0f'.repeat(32),
          },
        ],
      },
    ],
  });
  expect(text).toContain('# remove type A of "autodiscover"\n"autodiscover":\n');
  expect(text).toContain('# remove type A of "gone"\n');
  const keys = (indent: RegExp) => text.split('\n').flatMap((line) => indent.exec(line)?.[1] ?? []);
  expect(keys(/^"(.*)":$/)).toEqual(['', '_25._tcp.mx', '_imaps._tcp', 'autodiscover', 'mx', 's1._domainkey']);
  expect(text).toMatch(/- ttl: 60\n +type: MX\n +values:\n +- exchange: .*\n +preference: 10\n/);
  expect(text).toMatch(/- port: 993\n +priority: 0\n +target: .*\n +weight: 1\n/);
});

test('its dnscontrol lines call the functions with every record', async () => {
  const calls: unknown[][] = [];
  const names = ['MX', 'TXT', 'CNAME', 'A', 'AAAA', 'SRV', 'TLSA'];
  const functions = names.map(
    (name) =>
      (...args: unknown[]) =>
        calls.push([name, ...args]),
  );
  const lines = await form('dnscontrol', ALL);
  // The lines are arguments of D(), so a call of a function with them is what reads them.
  new Function('D', 'TTL', ...names, `D(${lines.join('\n')}\nnull)`)(
    () => undefined,
    (ttl: number) => ttl,
    ...functions,
  );
  expect(calls).toContainEqual(['MX', '@', 10, 'new.example.', 60]);
  expect(calls).toContainEqual(['TXT', '@', ODD, 300]);
  expect(calls).toContainEqual(['SRV', '_imaps._tcp', 0, 1, 993, 'mx.example.com.', 300]);
  expect(calls).toContainEqual(['TLSA', '_25._tcp.mx', 3, 1, 1, '0f'.repeat(32), 300]);
  expect(calls).toHaveLength(10);
});

test('its Terraform has a resource for each set it can have, and says so of the others', async () => {
  const lines = await form('terraform', ALL);
  expect(lines.filter((line) => line.startsWith('resource '))).toEqual([
    'resource "dns_mx_record_set" "mx_apex" {',
    'resource "dns_txt_record_set" "txt_apex" {',
    'resource "dns_txt_record_set" "txt_s1__domainkey" {',
    'resource "dns_cname_record" "cname_autodiscover" {',
    'resource "dns_a_record_set" "a_mx" {',
    'resource "dns_aaaa_record_set" "aaaa_mx" {',
    'resource "dns_srv_record_set" "srv__imaps__tcp" {',
  ]);
  // The provider reads each text as in a zone file, and compares what it reads back with all of it in one piece.
  const inZoneFile = ODD.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const odd = JSON.stringify(inZoneFile).replace('$', '$$$$');
  expect(lines).toContain(`  txt = ["v=spf1 include:spf.example.net -all", ${odd}]`);
  expect(lines).toContain(`  txt = [${JSON.stringify(LONG)}]`);
  expect(lines).toContain('# TLSA at _25._tcp.mx.example.com: this provider has no resource for it');
  expect(lines).toContain('# remove resource dns_a_record_set a_gone');
  expect(lines.join('\n').split('{').length).toBe(lines.join('\n').split('}').length);
});
