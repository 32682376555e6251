import type { MxChange } from '@mxodus/model';
import { rrsetText } from '../../rrset-text.ts';

/** What a person has to change, three ways: in words, as lines of a BIND zone file, as a script for nsupdate. */
export function instructions(zone: string, changes: readonly MxChange[]): string {
  return [
    `Change in the zone ${zone}, all at once, replacing every MX record of the name:`,
    ...changes.map(
      (change) => `  ${change.domain}\n    now  ${rrsetText(change.before)}\n    to   ${rrsetText(change.after)}`,
    ),
    '',
    'As lines of a zone file:',
    ...changes.flatMap(({ domain, after }) => zoneLines(domain, after).map((line) => `  ${line}`)),
    '',
    'As a script for nsupdate (server and key are yours to add):',
    ...nsupdateScript(zone, changes).map((line) => `  ${line}`),
    '',
    'mxodus goes on by itself once every authoritative server serves this.',
  ].join('\n');
}

function zoneLines(domain: string, { ttl, records }: MxChange['after']): string[] {
  return records.map(({ preference, host }) => `${absolute(domain)} ${ttl} IN MX ${preference} ${absolute(host)}`);
}

function nsupdateScript(zone: string, changes: readonly MxChange[]): string[] {
  return [
    `zone ${absolute(zone)}`,
    ...changes.flatMap(({ domain, before }) =>
      before.records.length === 0
        ? [`prereq nxrrset ${absolute(domain)} MX`]
        : before.records.map(
            ({ preference, host }) => `prereq yxrrset ${absolute(domain)} IN MX ${preference} ${absolute(host)}`,
          ),
    ),
    ...changes.flatMap(({ domain, after }) => [
      `update delete ${absolute(domain)} MX`,
      ...zoneLines(domain, after).map((line) => `update add ${line}`),
    ]),
    'send',
  ];
}

function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}
