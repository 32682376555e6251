import type { EventOf, MxodusEvent, Plan, PlanMailbox, PlanWarning } from '@mxodus/model';
import { table } from '../output/columns.ts';
import type { EventView } from '../output/event-view.ts';
import { count, counted, size } from '../output/figures.ts';
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
    describe: (event) => (event.type === 'mailbox_audited' ? { text: auditLine(event), step: true } : null),
    style: output.progressStyle,
    log: output.isLog,
  });
}

const auditLine = ({ mailbox, messages, bytes, folders }: EventOf<'mailbox_audited'>): string =>
  `${mailbox}  ${counted(messages, 'message')}, ${size(bytes)}, ${counted(folders, 'folder')}`;

/** More than that is not read: those with nothing to say are counted instead. */
const SHOWN = 40;
const RENAMES_SHOWN = 3;

export interface PlanView {
  plan: Plan;
  path: string;
  configWords: readonly string[];
}

export function planText({ plan, path, configWords }: PlanView, style: Style): string {
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
    ...worthALook.flatMap((mailbox, index) => [...mailboxLines(mailbox, heads[index] ?? '', style), '']),
    ...(more > 0 ? [`and ${counted(more, 'mailbox')} with nothing to note: they are in the plan.`, ''] : []),
    ...domainLines(plan, style),
    ...plan.warnings.map(({ text }) => `  ${style.warn('!')} ${text}`),
    `${style.bold(`${counted(mailboxes.length, 'mailbox')}:`)} ${total(mailboxes)}.${noted}`,
    `Plan saved to ${path} (sha ${plan.sha256.slice(0, 8)}, good until the config or a server changes). Nothing was changed.`,
    nextLine([commandLine('sync', [path, ...configWords])], style),
  ].join('\n');
}

function total(mailboxes: readonly PlanMailbox[]): string {
  const messages = mailboxes.reduce((sum, mailbox) => sum + mailbox.messages, 0);
  const bytes = mailboxes.reduce((sum, mailbox) => sum + mailbox.bytes, 0);
  return `${counted(messages, 'message')}, ${size(bytes)} to move`;
}

const hasNews = ({ warnings, folders, too_large: tooLarge }: PlanMailbox): boolean =>
  warnings.length > 0 || tooLarge.length > 0 || folders.some(({ renamed }) => renamed !== null);

function mailboxLines(mailbox: PlanMailbox, head: string, style: Style): string[] {
  const rows = [...copyRows(mailbox), ...renameRows(mailbox), ...excludedRows(mailbox), ...cannotRows(mailbox)];
  return [head, ...table(rows, [1, 2]).map((line) => `  ${line}`), ...warningLines(mailbox, style)];
}

function headCells({ address, source, destination, messages, bytes, folders }: PlanMailbox, style: Style): string[] {
  const to = destination.address === address ? destination.server : `${destination.address} at ${destination.server}`;
  const way = `${style.bold(address)}: ${source.server} -> ${to}`;
  return [way, counted(messages, 'message'), size(bytes), counted(folders.length, 'folder')];
}

function copyRows({ messages, bytes, too_large: tooLarge, destination_messages: there }: PlanMailbox): string[][] {
  const cannot = tooLarge.reduce((sum, message) => sum + message.bytes, 0);
  const rows = [['+ copy', count(messages - tooLarge.length), size(bytes - cannot), '']];
  if (there > 0) {
    rows.push([
      '= there',
      count(there),
      '',
      'sync compares them by Message-ID, size and date; equal ones are not copied again',
    ]);
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
  return [style.bold('At cutover, not before:'), ...table(rows).map((line) => `  ${line}`), ''];
}
