import type { EventOf, MxodusEvent, Plan, PlanEstimate, PlanMailbox, PlanWarning } from '@mxodus/model';
import { table } from '../output/columns.ts';
import type { EventView } from '../output/event-view.ts';
import { count, counted, roughly, size } from '../output/figures.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { mxText } from './mx-text.ts';
import { commandLine, nextLine } from './next-step.ts';
import { ofSteps, StepProgress } from './step-progress.ts';

export function planProgress(mailboxes: number, output: Output): EventView<MxodusEvent> {
  return new StepProgress({
    verb: 'plan',
    steps: mailboxes,
    text: ofSteps('mailboxes', 'looked at'),
    describe: (event) => {
      if (event.type === 'mailbox_audited') return { text: auditLine(event), step: true };
      return event.type === 'tenant_probed' ? { text: probeLine(event), step: false } : null;
    },
    style: output.progressStyle,
    log: output.isLog,
  });
}

const auditLine = ({ mailbox, messages, bytes, folders }: EventOf<'mailbox_audited'>): string =>
  `${mailbox}  ${counted(messages, 'message')}, ${size(bytes)}, ${counted(folders, 'folder')}`;

const probeLine = ({ ok, server, user, writer }: EventOf<'tenant_probed'>): string =>
  `${ok ? 'ok' : 'NO'}  tenant ${server}: a test message by ${writer}, written to ${user} and removed`;

export interface NoPlan {
  at: 'tenant' | 'mailboxes';
  errors: number;
  /** Of the config. */
  mailboxes: number;
}

export function noPlanText({ at, errors, mailboxes }: NoPlan, style: Style): string {
  const what =
    at === 'tenant' ? 'no mailbox was looked at' : `${errors} of ${mailboxes} mailboxes could not be looked at`;
  return `${style.bad('NO PLAN:')} ${what}; see above.`;
}

/** More than that is not read: those with nothing to say are counted instead. */
const SHOWN = 40;
const RENAMES_SHOWN = 3;

export interface PlanView {
  plan: Plan;
  path: string;
  configWords: readonly string[];
  /** See simulationText. */
  simulation?: string;
}

export function planText({ plan, path, configWords, simulation }: PlanView, style: Style): string {
  const { mailboxes } = plan;
  const worthALook = mailboxes.length <= SHOWN ? mailboxes : mailboxes.filter(hasNews).slice(0, SHOWN);
  const heads = table(
    worthALook.map((mailbox) => headCells(mailbox, style)),
    [1, 2, 3],
  );
  const more = mailboxes.length - worthALook.length;
  const warnings = plan.warnings.length + mailboxes.flatMap((mailbox) => mailbox.warnings).filter(isMarked).length;
  const noted = warnings === 0 ? '' : ` ${style.warn(counted(warnings, 'warning'))}: read the lines with "!".`;
  return [
    ...worthALook.flatMap((mailbox, index) => [
      ...mailboxLines(mailbox, { head: heads[index] ?? '', isKeyed: isKeyed(plan, mailbox) }, style),
      '',
    ]),
    ...(more > 0 ? [`and ${counted(more, 'mailbox')} with nothing to note: they are in the plan.`, ''] : []),
    ...domainLines(plan, style),
    ...plan.warnings.map(({ text }) => `  ${style.warn('!')} ${text}`),
    `${style.bold(`${counted(mailboxes.length, 'mailbox')}:`)} ${total(mailboxes)}.${noted}`,
    ...(plan.estimate === undefined ? [] : [estimateText(plan.estimate)]),
    ...(simulation === undefined ? [] : ['', simulation, '']),
    `Plan saved to ${path} (sha ${plan.sha256.slice(0, 8)}, good until the config or a server changes). ${changedText(plan)}`,
    nextLine([commandLine('sync', [path, ...configWords])], style),
  ].join('\n');
}

function total(mailboxes: readonly PlanMailbox[]): string {
  const messages = mailboxes.reduce((sum, mailbox) => sum + mailbox.messages, 0);
  const bytes = mailboxes.reduce((sum, mailbox) => sum + mailbox.bytes, 0);
  return `${counted(messages, 'message')}, ${size(bytes)} to move`;
}

const BOTTLENECKS: Readonly<Record<PlanEstimate['bottleneck'], string>> = {
  requests: 'the requests a mailbox may get',
  upload: 'the bytes a mailbox may be sent',
  bytes_per_second: '`bytes_per_second` of the server',
  bytes_per_day: '`bytes_per_day` of the server',
  mailboxes: 'how many mailboxes are worked on at once',
};

const estimateText = ({ seconds, bottleneck }: PlanEstimate): string =>
  `The first copy takes ${roughly(seconds * 1000)} or more; what decides is ${BOTTLENECKS[bottleneck]}.`;

function changedText({ tenants = {} }: Plan): string {
  const probed = Object.values(tenants).flatMap(({ probes }) => probes.map(({ mailbox }) => mailbox));
  if (probed.length === 0) return 'Nothing was changed.';
  const messages = `${probed.length === 1 ? 'One test message was' : `${counted(probed.length, 'test message')} were`} written to ${[...new Set(probed)].join(' and ')}`;
  return `${messages}, read back and removed; nothing else was changed.`;
}

const hasNews = ({ warnings, folders, too_large: tooLarge }: PlanMailbox): boolean =>
  warnings.length > 0 || tooLarge.length > 0 || folders.some(({ renamed }) => renamed !== null);

/** The destination keeps a key with each copy. */
const isKeyed = ({ servers }: Plan, { destination }: PlanMailbox): boolean =>
  servers[destination.server]?.kind === 'exchange';

function mailboxLines(
  mailbox: PlanMailbox,
  { head, isKeyed }: { head: string; isKeyed: boolean },
  style: Style,
): string[] {
  const rows = [
    ...copyRows(mailbox, isKeyed),
    ...renameRows(mailbox),
    ...excludedRows(mailbox),
    ...cannotRows(mailbox),
  ];
  return [head, ...table(rows, [1, 2]).map((line) => `  ${line}`), ...warningLines(mailbox, style)];
}

function headCells({ address, source, destination, messages, bytes, folders }: PlanMailbox, style: Style): string[] {
  const to = destination.address === address ? destination.server : `${destination.address} at ${destination.server}`;
  const way = `${style.bold(address)}: ${source.server} -> ${to}`;
  return [way, counted(messages, 'message'), size(bytes), counted(folders.length, 'folder')];
}

function copyRows(mailbox: PlanMailbox, isKeyed: boolean): string[][] {
  const { messages, bytes, too_large: tooLarge, destination_messages: there } = mailbox;
  const cannot = tooLarge.reduce((sum, message) => sum + message.bytes, 0);
  const rows = [['+ copy', count(messages - tooLarge.length), size(bytes - cannot), '']];
  if (there > 0) {
    const how = isKeyed ? 'sync knows its own copies by their key' : 'sync compares them by Message-ID, size and date';
    rows.push(['= there', count(there), '', `${how}; equal ones are not copied again`]);
  }
  return rows;
}

function renameRows({ folders }: PlanMailbox): string[][] {
  const renamed = folders.filter((folder) => folder.renamed !== null && !folder.excluded);
  const byCause = Map.groupBy(renamed, (folder) => folder.renamed ?? '');
  return [...byCause].map(([why, alike]) => {
    const names = alike.slice(0, RENAMES_SHOWN).map(({ source, destination }) => `"${source}" -> "${destination}"`);
    if (alike.length > RENAMES_SHOWN) names.push(`and ${alike.length - RENAMES_SHOWN} more`);
    return ['~ rename', count(alike.length), alike.length === 1 ? 'folder' : 'folders', `${names.join(', ')} (${why})`];
  });
}

function excludedRows({ folders }: PlanMailbox): string[][] {
  const excluded = folders.filter((folder) => folder.excluded);
  if (excluded.length === 0) return [];
  const messages = excluded.reduce((sum, folder) => sum + folder.messages, 0);
  const bytes = excluded.reduce((sum, folder) => sum + folder.bytes, 0);
  const names = excluded.map(({ source }) => `"${source}"`).join(', ');
  return [['- exclude', count(messages), size(bytes), `left at the source by the config: ${names}`]];
}

function cannotRows({ too_large: tooLarge, append_limit: limit }: PlanMailbox): string[][] {
  if (tooLarge.length === 0) return [];
  const bytes = tooLarge.reduce((sum, message) => sum + message.bytes, 0);
  const why =
    limit === null ? 'too large for the destination' : `larger than ${size(limit)}, the most the destination takes`;
  return [['! cannot', count(tooLarge.length), size(bytes), `${why}: listed in the plan`]];
}

/** Renames have lines of their own, and lose nothing. */
const isMarked = ({ code }: PlanWarning): boolean => code !== 'FOLDER_RENAMED';

/** Those that no line above says already. */
const warningLines = ({ warnings }: PlanMailbox, style: Style): string[] =>
  warnings
    .filter((warning) => isMarked(warning) && warning.code !== 'TOO_LARGE')
    .map(({ text }) => `  ${style.warn('!')} ${text}`);

function domainLines({ domains }: Plan, style: Style): string[] {
  if (domains.length === 0) return [];
  const rows = domains.map(({ domain, before, after }) => [`~ ${domain}`, `MX ${mxText(before)}`, '->', mxText(after)]);
  return [
    style.bold('At cutover, not before:'),
    ...table(rows).map((line) => `  ${line}`),
    ...adviceLines(domains),
    '',
  ];
}

/** mxodus changes the MX and nothing else: these are for whoever keeps the zone. */
function adviceLines(domains: Plan['domains']): string[] {
  const rows = domains.flatMap(({ advised = [] }) =>
    advised.map(({ type, name, value, ttl, optional }) => [
      `  ${name}`,
      type,
      value,
      `(TTL ${ttl}${optional ? ', optional' : ''})`,
    ]),
  );
  return rows.length === 0
    ? []
    : ['  to be set by you, which the new mail system asks for as well:', ...table(rows).map((line) => `  ${line}`)];
}
