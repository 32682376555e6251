import { dnsName, type RrsetChange, type RrType } from '@mxodus/model';
import { quotedTxt } from '../../http/txt-strings.ts';
import { absolute } from './zone-lines.ts';

/** The changes for tools that keep a zone in a repository. Each line set is whole: it replaces what the file has for the name and type. */

/** octoDNS's YamlProvider: one key a name, types below it. It takes keys in natural order only, those of a record too. */
export function octodnsLines(zone: string, changes: readonly RrsetChange[]): string[] {
  const byName = Map.groupBy(changes, ({ name }) => relative(name, zone).replace('@', ''));
  return [...byName]
    .toSorted(([a], [b]) => naturalOrder(a, b))
    .flatMap(([name, sets]) => {
      const removed = sets.filter(({ after }) => after.records.length === 0);
      const kept = sets.filter(({ after }) => after.records.length > 0);
      return [
        ...removed.map(({ type }) => `# remove type ${type} of ${JSON.stringify(name)}`),
        ...(kept.length === 0 ? [] : [`${JSON.stringify(name)}:`]),
        ...kept.flatMap(({ type, after }) => [
          `  - ttl: ${after.ttl}`,
          `    type: ${type}`,
          ...(type === 'CNAME'
            ? [`    value: ${absolute(after.records[0] ?? '')}`]
            : ['    values:', ...after.records.flatMap((record) => octodnsValue(type, record))]),
        ]),
      ];
    });
}

/** Digits as numbers, all else by code: "mx2" before "mx10". */
function naturalOrder(a: string, b: string): number {
  const [left, right] = [a.split(/(\d+)/), b.split(/(\d+)/)];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (part !== other) return index % 2 === 1 ? Number(part) - Number(other) : part < other ? -1 : 1;
  }
  return left.length - right.length;
}

function octodnsValue(type: RrType, record: string): string[] {
  const [a = '', b = '', c = '', d = ''] = record.split(' ');
  switch (type) {
    case 'MX':
      return [`      - exchange: ${absolute(b)}`, `        preference: ${a}`];
    case 'SRV':
      return [`      - port: ${c}`, `        priority: ${a}`, `        target: ${absolute(d)}`, `        weight: ${b}`];
    case 'TLSA':
      return [
        `      - certificate_association_data: ${JSON.stringify(d)}`,
        ...[`        certificate_usage: ${a}`, `        matching_type: ${c}`, `        selector: ${b}`],
      ];
    case 'TXT':
      // It cuts long texts and escapes quotes itself, and wants all else as in a zone file, semicolons escaped too.
      return [`      - ${JSON.stringify(escapedTxt(record).replaceAll('\\"', '"').replaceAll(';', '\\;'))}`];
    case 'CNAME':
    case 'A':
    case 'AAAA':
      return [`      - ${JSON.stringify(record)}`];
  }
}

/** dnscontrol's functions, for the D() of the zone. */
export function dnscontrolLines(zone: string, changes: readonly RrsetChange[]): string[] {
  return changes.flatMap(({ name, type, after }) => {
    const at = JSON.stringify(relative(name, zone));
    if (after.records.length === 0) return [`// no ${type} at ${at}`];
    return after.records.map((record) => `${dnscontrolRecord(type, at, record)}, TTL(${after.ttl})),`);
  });
}

function dnscontrolRecord(type: RrType, at: string, record: string): string {
  const fields = record.split(' ');
  const host = JSON.stringify(absolute(fields.at(-1) ?? ''));
  switch (type) {
    case 'MX':
      return `MX(${at}, ${fields[0]}, ${host}`;
    case 'SRV':
      return `SRV(${at}, ${fields.slice(0, 3).join(', ')}, ${host}`;
    case 'TLSA':
      return `TLSA(${at}, ${fields.slice(0, 3).join(', ')}, ${JSON.stringify(fields[3] ?? '')}`;
    case 'CNAME':
      return `CNAME(${at}, ${host}`;
    case 'TXT':
    case 'A':
    case 'AAAA':
      return `${type}(${at}, ${JSON.stringify(record)}`;
  }
}

/** hashicorp/dns: one resource a name and type. It has none for TLSA. */
export function terraformLines(zone: string, changes: readonly RrsetChange[]): string[] {
  return changes.flatMap(({ name, type, after }) => {
    const at = relative(name, zone);
    const resource = TERRAFORM[type];
    if (resource === null) return [`# ${type} at ${name}: this provider has no resource for it`];
    const label = `${type.toLowerCase()}_${at === '@' ? 'apex' : at.replaceAll('.', '_').replaceAll('*', 'any')}`;
    if (after.records.length === 0) return [`# remove resource ${resource} ${label}`];
    return [
      `resource ${JSON.stringify(resource)} ${JSON.stringify(label)} {`,
      `  zone = ${JSON.stringify(absolute(dnsName(zone)))}`,
      ...(at === '@' ? [] : [`  name = ${JSON.stringify(at)}`]),
      `  ttl = ${after.ttl}`,
      ...terraformValues(type, after.records).map((line) => `  ${line}`),
      '}',
    ];
  });
}

const TERRAFORM: Readonly<Record<RrType, string | null>> = {
  A: 'dns_a_record_set',
  AAAA: 'dns_aaaa_record_set',
  CNAME: 'dns_cname_record',
  MX: 'dns_mx_record_set',
  SRV: 'dns_srv_record_set',
  TLSA: null,
  TXT: 'dns_txt_record_set',
};

function terraformValues(type: RrType, records: readonly string[]): string[] {
  const list = (texts: readonly string[]): string => `[${texts.map((text) => hcl(text)).join(', ')}]`;
  switch (type) {
    case 'MX':
      return records.flatMap((record) => {
        const [preference = '', host = ''] = record.split(' ');
        return ['mx {', `  preference = ${preference}`, `  exchange = ${hcl(absolute(host))}`, '}'];
      });
    case 'SRV':
      return records.flatMap((record) => {
        const [priority = '', weight = '', port = '', host = ''] = record.split(' ');
        const numbers = [`  priority = ${priority}`, `  weight = ${weight}`, `  port = ${port}`];
        return ['srv {', ...numbers, `  target = ${hcl(absolute(host))}`, '}'];
      });
    case 'CNAME':
      return [`cname = ${hcl(absolute(records[0] ?? ''))}`];
    case 'TXT':
      // The provider puts quotes around the text, reads that as a zone file, cuts what is too long, and compares what it reads back.
      return [`txt = ${list(records.map(escapedTxt))}`];
    case 'A':
    case 'AAAA':
    case 'TLSA':
      return [`addresses = ${list(records)}`];
  }
}

/** A string of HCL: as JSON, and without its templates. */
function hcl(text: string): string {
  return JSON.stringify(text).replaceAll(/[$%](?=\{)/g, '$&$&');
}

/** Of the zone; '@' for the zone itself. */
function relative(name: string, zone: string): string {
  const [full, apex] = [dnsName(name), dnsName(zone)];
  return full === apex ? '@' : full.slice(0, -apex.length - 1);
}

/** As between the quotes of a zone file, in one piece. */
function escapedTxt(text: string): string {
  return quotedTxt(text, 10).slice(1, -1).replaceAll('" "', '');
}
