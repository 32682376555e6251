import type { Certificate, CertificateChange } from '../certificate/certificate-schema.ts';
import { table, wrap } from '../output/columns.ts';
import { count, counted, howLong, minuteOf, timestamp } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { differenceLines } from './cutover-changes.ts';

/** The certificate for a terminal: the verdict first, then what it stands on. */
export function certificateText(certificate: Certificate, width: number, style: Style): string {
  const { domains, plan, journal, not_measured: open } = certificate;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', style.bold(title), ...lines.map((line) => `  ${line}`)];
  return [
    ...wrap(verdictText(certificate, style), width - 1),
    style.dim(
      `${domains.map(({ domain }) => domain).join(', ')} · plan ${plan.sha256.slice(0, 12)} of ${minuteOf(new Date(plan.created_at))} · state ${certificate.state}`,
    ),
    ...section('States', statesLines(certificate)),
    ...section(
      'Changes',
      certificate.changes.flatMap((change) => changeText(change, style)),
    ),
    ...section(
      'Waits',
      certificate.waits.map(({ of, until, arithmetic }) => `${of}: ${arithmetic} (until ${until})`),
    ),
    ...section('Gates when it began', gatesLines(certificate)),
    ...section(
      'Waivers',
      certificate.waivers.map(({ gate, by, until, why }) => `${gate}  by ${by} until ${until}: ${why}`),
    ),
    ...section('People', peopleLines(certificate)),
    ...section('Test mails that did not arrive', missingLines(certificate)),
    ...section('Late mail', lateLines(certificate)),
    ...section('Passes', passLines(certificate)),
    ...section('Altered on the way', alterationLines(certificate)),
    ...section('Not measured', open),
    ...section('Journal', [
      journal.digest === null
        ? 'there is none'
        : `${counted(journal.lines, 'line')}, chain verified; SHA-256 of the last one ${journal.digest}`,
    ]),
  ].join('\n');
}

function verdictText({ verdict }: Certificate, style: Style): string {
  const [head = '', ...rest] = verdict.text.split(':');
  return `${colourOf(verdict.kind, style)(style.bold(`${head}:`))}${rest.join(':')}`;
}

function colourOf(kind: Certificate['verdict']['kind'], style: Style): (text: string) => string {
  if (kind === 'proven') return style.good;
  return kind === 'lost' || kind === 'bounced' ? style.bad : style.warn;
}

function statesLines({ states }: Certificate): string[] {
  return table(
    states.map(({ state, at }, index) => {
      const next = states[index + 1];
      return [
        state,
        timestamp(new Date(at)),
        next === undefined ? '' : `for ${howLong(Date.parse(next.at) - Date.parse(at))}`,
      ];
    }),
  );
}

/** The change, when it was announced, accepted and served, by whom it was approved, and what it changed. */
export function changeText(change: CertificateChange, style: Style): string[] {
  const { phase, zone, rrsets, refusals } = change;
  return [
    `${phase} of ${zone}: ${outcomeOf(change)}`,
    ...rrsets.flatMap(({ name, type, before, after }) => [
      `    ${name} ${type}`,
      ...differenceLines(before, after, style).map((line) => `      ${line}`),
    ]),
    ...refusals.map((why) => `    refused before, nothing was changed: ${why}`),
  ];
}

export function outcomeOf(change: CertificateChange): string {
  const { accepted_at, served_at, approved_by, serial, change_id, by_hand, found_live } = change;
  if (accepted_at === null) return change.refusals.length > 0 ? 'refused' : 'announced, not known to be made';
  return [
    `${by_hand ? 'made by hand' : found_live ? 'found made' : 'accepted'} ${accepted_at.slice(0, 19)}Z`,
    served_at === null ? 'not yet served everywhere' : `served everywhere ${served_at.slice(0, 19)}Z`,
    ...(serial === null ? [] : [`serial ${serial}`]),
    ...(change_id === null ? [] : [`id ${change_id}`]),
    ...(approved_by === null ? [] : [`approved by ${approved_by}`]),
  ].join(', ');
}

function gatesLines({ gates }: Certificate): string[] {
  const byStatus = Map.groupBy(gates, ({ status }) => status);
  return [...byStatus].map(([status, alike]) => `${status}: ${alike.map(({ id }) => id).join(', ')}`);
}

export function peopleLines({ approvals, holds, rollback, routing }: Certificate): string[] {
  return [
    ...approvals.map(
      ({ at, by, hash_given: hash }) =>
        `${timestamp(new Date(at))}  approved by ${by}${hash ? ', with the hash of the plan' : ''}`,
    ),
    ...holds.map(({ at, by, why, released_at, released_by }) => {
      const end =
        released_at === null ? 'not released' : `released by ${released_by} ${timestamp(new Date(released_at))}`;
      return `${timestamp(new Date(at))}  held by ${by}: ${why}; ${end}`;
    }),
    ...(rollback === null
      ? []
      : [
          `${timestamp(new Date(rollback.at))}  rollback from ${rollback.from} asked by ${rollback.by}: ${rollback.why}`,
        ]),
    ...routing.map(
      ({ at, domain, routing: to, before }) =>
        `${timestamp(new Date(at))}  the old host was told to route ${domain} as "${to}" (it was "${before}")`,
    ),
  ].toSorted();
}

const missingLines = ({ canaries }: Certificate): string[] =>
  canaries.not_arrived.map(
    ({ recipient, sent_at, why }) =>
      `to ${recipient}, sent ${timestamp(new Date(sent_at))}: ${why ?? 'found at neither server'}`,
  );

function lateLines({ late_mail: { fetched, by_cause, machines, stale_clients } }: Certificate): string[] {
  if (fetched === 0) return ['none was fetched from the old servers'];
  return [
    `${counted(fetched, 'message')} fetched from the old servers: ${by_cause.map(({ cause, messages }) => `${count(messages)} ${cause}`).join(', ')}`,
    ...machines.map(({ host, cause, senders, messages }) =>
      `${host || 'an unnamed host'} (${cause}, ${counted(messages, 'message')}) ${senders.join(', ')}`.trimEnd(),
    ),
    ...stale_clients.map(
      ({ mailbox, messages }) =>
        `a mail program of ${mailbox} wrote ${counted(messages, 'message')} into the old mailbox`,
    ),
  ];
}

const passLines = ({ passes }: Certificate): string[] =>
  passes.map(
    ({ mode, passes: number, moved, not_moved, in_doubt, incomplete }) =>
      `${mode}: ${counted(number, 'pass')}, ${count(moved)} moved, ${count(not_moved)} not moved, ${count(in_doubt)} in doubt` +
      `${incomplete === 0 ? '' : `, ${count(incomplete)} not complete`}`,
  );

export const alterationLines = ({ alterations }: Pick<Certificate, 'alterations'>): string[] =>
  alterations === null
    ? []
    : [alterations === 0 ? 'none' : `${counted(alterations, 'message')}: mxodus report lists them`];
