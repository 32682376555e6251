import { type DnsConfig, type RrsetChange, sameRrset } from '@mxodus/model';
import { rrsetText } from '../../rrset-text.ts';
import { dnscontrolLines, octodnsLines, terraformLines } from './as-code.ts';
import { nsupdateScript, zoneLines } from './zone-lines.ts';

export type Form = Extract<DnsConfig, { provider: 'manual' }>['emit'][number];

const TITLES: Readonly<Record<Form, string>> = {
  zone: 'As lines of a zone file:',
  nsupdate: 'As a script for nsupdate (server and key are yours to add):',
  octodns: 'As octoDNS YAML, in the file of the zone:',
  dnscontrol: 'As dnscontrol, inside D("…"):',
  terraform: 'As Terraform, for the provider hashicorp/dns:',
};

/** What a person, or a repository, has to change: in words, and in every form that is asked for. */
export function instructions(
  { zone, emit }: { zone: string; emit: readonly Form[] },
  changes: readonly RrsetChange[],
): string {
  const wanted = changes.filter(({ before, after }) => !sameRrset(before, after));
  const forms = emit.flatMap((form) => ['', TITLES[form], ...linesOf(form, zone, wanted).map((line) => `  ${line}`)]);
  return [
    `Change in the zone ${zone}, all at once, replacing every record of the name and type:`,
    ...wanted.map(
      ({ name, type, before, after }) =>
        `  ${name} ${type}\n    now  ${rrsetText(type, before)}\n    to   ${rrsetText(type, after)}`,
    ),
    ...forms,
    '',
    'mxodus goes on by itself once every authoritative server serves this.',
  ].join('\n');
}

function linesOf(form: Form, zone: string, changes: readonly RrsetChange[]): string[] {
  switch (form) {
    case 'zone':
      return changes.flatMap((change) =>
        change.after.records.length === 0
          ? [`; no ${change.type} at ${change.name}.`]
          : zoneLines(change, change.after),
      );
    case 'nsupdate':
      return nsupdateScript(zone, changes);
    case 'octodns':
      return octodnsLines(zone, changes);
    case 'dnscontrol':
      return dnscontrolLines(zone, changes);
    case 'terraform':
      return terraformLines(zone, changes);
  }
}
