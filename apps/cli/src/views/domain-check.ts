import type { Gate, LookupResult } from '@mxodus/model';
import { counted, wholeSeconds } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { gatesVerdict } from './cutover.ts';
import { gateLines } from './cutover-gates.ts';

export interface DomainCheckView {
  domain: string;
  gates: readonly Gate[];
  closed: readonly Gate[];
  /** As it is today. */
  mx: LookupResult;
  /** The new mail hosts; none: those of today were looked at. */
  to: readonly string[];
  /** null: no list was named. */
  recipients: { asked: number; elsewhere: number } | null;
}

/** The gates of a domain that was asked about without a plan: what it has today, what was found, and what was not asked. */
export function domainCheckText(view: DomainCheckView, style: Style): string {
  const { domain, gates, closed, mx } = view;
  const notAsked = notAskedLines(view);
  return [
    gatesVerdict(domain, closed, style),
    `  today  ${mxText(mx)}`,
    ...gateLines(gates, style),
    ...notAsked.map((line) => `  ${style.dim('not asked')}  ${line}`),
  ].join('\n');
}

/** The TTL is why it matters: it is how long a switch without a lowered TTL would reach the old hosts. */
function mxText(mx: LookupResult): string {
  switch (mx.kind) {
    case 'answer':
      return `MX ${mx.records.join(', ')}; caches keep it for up to ${wholeSeconds(mx.ttl * 1000)} (TTL ${mx.ttl})`;
    case 'absent':
      return 'no MX record';
    case 'error':
      return `MX unknown: ${mx.why}`;
  }
}

function notAskedLines({ to, recipients }: DomainCheckView): string[] {
  return [
    ...(to.length === 0
      ? ['the new mail hosts: name them with --to HOST; what is said above is of those of today']
      : []),
    ...recipientLines(recipients),
    'what needs a plan: the provider (G2), the old host (G6), the backlog (G7), the window (G9), approval (G10), drift (G15)',
  ];
}

function recipientLines(recipients: DomainCheckView['recipients']): string[] {
  const unasked = 'G3, whether the hosts know your addresses:';
  if (recipients === null) return [`${unasked} name a list with --recipients FILE`];
  const { asked, elsewhere } = recipients;
  if (asked === 0) return [`${unasked} the ${counted(elsewhere, 'address')} of the list are of other domains`];
  return elsewhere === 0 ? [] : [`${counted(elsewhere, 'address')} of the list: of other domains`];
}
