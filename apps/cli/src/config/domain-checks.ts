import { isIP } from 'node:net';
import { recordName } from '@mxodus/engine';
import { type Config, dnsName, type MxodusError, type OtherRecordConfig } from '@mxodus/model';
import { problem } from './config-error.ts';
import { pathText } from './config-issues.ts';
import type { YamlSource } from './yaml-source.ts';

/** What the domains of a config can be wrong about. */
export function domainChecks(config: Config, source: YamlSource): MxodusError[] {
  return Object.entries(config.domains).flatMap(([domain, { mx, dns, records }]) => {
    const found: MxodusError[] = [];
    const server = config.servers[mx.to];
    if (server?.kind === 'imap' && mx.records === undefined) {
      found.push(
        problem('CONFIG_INVALID', {
          what: `\`domains.${domain}.mx.records\` is missing`,
          why: `the MX hosts of the IMAP server "${mx.to}" cannot be asked for`,
          advice: 'add `records: [{ host: mx1.new.example, preference: 10 }]`',
          where: source.where(['domains', domain, 'mx']),
        }),
      );
    }
    if (!isInZone(domain, dns.zone)) {
      found.push(
        problem('CONFIG_INVALID', {
          what: `\`domains.${domain}.dns.zone\`: ${domain} is not in the zone ${dns.zone}`,
          why: 'a zone holds its own name and the names that end in it',
          advice: `name the zone that holds ${domain}`,
          where: source.where(['domains', domain, 'dns', 'zone']),
        }),
      );
    }
    return [
      ...found,
      ...records.flatMap((record, index) => recordChecks(record, { domain, index, zone: dns.zone, source })),
    ];
  });
}

function isInZone(domain: string, zone: string): boolean {
  const [name, apex] = [domain, zone].map((text) => text.toLowerCase().replace(/\.$/, ''));
  return name === apex || name?.endsWith(`.${apex}`) === true;
}

const SHAPES: Readonly<Record<OtherRecordConfig['type'], { is: (value: string) => boolean; like: string }>> = {
  TXT: { is: (value) => value.length > 0 && !/^".*"$/.test(value), like: 'v=spf1 include:spf.example.net -all' },
  CNAME: { is: (value) => /^[^\s]+$/.test(value) && isIP(value) === 0, like: 'autodiscover.outlook.com' },
  A: { is: (value) => isIP(value) === 4, like: '192.0.2.1' },
  AAAA: { is: (value) => isIP(value) === 6, like: '2001:db8::1' },
  SRV: { is: (value) => /^\d{1,5} \d{1,5} \d{1,5} \S+$/.test(value), like: '0 5 443 host.example.com' },
  TLSA: { is: (value) => /^[0-3] [01] [0-2] [0-9a-f]+$/i.test(value), like: '3 1 1 <hex>' },
};

function recordChecks(
  { name, type, values }: OtherRecordConfig,
  { domain, index, zone, source }: { domain: string; index: number; zone: string; source: YamlSource },
): MxodusError[] {
  const path = ['domains', domain, 'records', index];
  const wrong = (key: 'name' | 'values', what: string, why: string, advice: string): MxodusError =>
    problem('CONFIG_INVALID', {
      what: `\`${pathText([...path, key])}\` ${what}`,
      why,
      advice,
      where: source.where([...path, key]),
    });
  const full = recordName(name, dnsName(domain));
  const found: MxodusError[] = [];
  if (!isInZone(full, zone)) {
    found.push(
      wrong(
        'name',
        `is ${full}, which is not in the zone ${zone}`,
        'one provider changes one zone',
        `name something below ${zone}`,
      ),
    );
  }
  if (type === 'CNAME' && (full === dnsName(zone) || full === dnsName(domain))) {
    found.push(
      wrong(
        'name',
        `is ${full}, which cannot be an alias`,
        'it has an MX, and an alias has nothing beside it (RFC 1034 section 3.6.2)',
        'give the alias a name of its own',
      ),
    );
  }
  const { is, like } = SHAPES[type];
  const odd = values.find((value) => !is(value));
  if (odd !== undefined) {
    found.push(
      wrong(
        'values',
        `has "${odd}", which is no ${type} record`,
        'records are written as in a zone file, TXT without quotes',
        `write it like \`${like}\``,
      ),
    );
  }
  if (type === 'CNAME' && values.length > 1) {
    found.push(wrong('values', 'has more than one target', 'a name is the alias of one other name', 'keep one'));
  }
  return found;
}
