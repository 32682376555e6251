import type { CutoverState, JournalEntry } from '@mxodus/model';
import { table } from '../output/columns.ts';
import { counted, howLong } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import type { MailCount } from '../simulate/count-mail.ts';
import { FAULT_WORDS, FAULTS, type FaultName } from '../simulate/faults.ts';
import type { SimWorld } from '../simulate/world-of.ts';
import { eventText } from './journal-text.ts';

/** What a simulation says. */

export const faultList = (): string => table(FAULTS.map((name) => [name, FAULT_WORDS[name]])).join('\n');

export function simulationIntroduction(world: SimWorld, faults: readonly FaultName[], style: Style): string {
  const { mailboxes, leftOut, domains, hosts, servers, notes } = world;
  const missing = leftOut === 0 ? '' : ` (${counted(leftOut, 'more mailbox')} of the plan are left out)`;
  return [
    style.bold(
      `A rehearsal of the cutover of ${domains.map(({ domain }) => domain).join(', ')}, on this machine only.`,
    ),
    `${counted(mailboxes.length, 'mailbox')}${missing}, ${counted(servers.length, 'IMAP server')} and ${counted(hosts.length, 'mail host')} are played by real servers; hours are seconds.`,
    'Only the plan file was read: your servers and zones are not asked, and nothing there is changed.',
    ...notes.map((note) => `Not played: ${note}.`),
    ...faults.map((fault) => `${style.warn('fault')} ${fault}: ${FAULT_WORDS[fault]}`),
  ].join('\n');
}

/** One line of the time line. */
export function timelineText(
  elapsedMs: number,
  { state, text }: { state: string; text: string },
  style: Style,
): string {
  return `  ${`+${(elapsedMs / 1000).toFixed(1)} s`.padStart(9)}  ${style.bold(state.padEnd(12))}  ${text}`;
}

/** Of test mails and empty passes there are too many for a time line, and the wait that follows says what `sending` and `timed` say. */
export function timelineEntry(entry: JournalEntry): string | null {
  if (entry.event === 'sending' || entry.event === 'timed') return null;
  if (
    entry.event === 'canary_sent' ||
    entry.event === 'canary_taken' ||
    (entry.event === 'canary_seen' && entry.facts.at === 'new')
  )
    return null;
  if (entry.event === 'passed' && entry.facts.moved_now === 0 && entry.facts.problem === null) return null;
  return eventText(entry);
}

export interface SimulationResult extends MailCount {
  state: CutoverState;
  bounced: number;
  /** Mails that went to the old hosts after the switch. */
  late: number;
  /** What stopped it before its end: the error of the run, in words; null: it came to its end. */
  stopped: string | null;
  duration_ms: number;
}

/** Whether every mail is there once and the cutover came to its end. */
export const isGood = ({ arrived, sent, lost, doubled, bounced, stopped }: SimulationResult): boolean =>
  stopped === null && arrived === sent && lost + doubled + bounced === 0;

export function simulationVerdict(result: SimulationResult, style: Style): string {
  const { sent, arrived, lost, doubled, bounced, late, state, stopped, duration_ms } = result;
  const sentence = `sent ${sent}, arrived ${arrived}, lost ${lost}, doubled ${doubled}, bounced ${bounced}`;
  const isWhole = arrived === sent && lost + doubled + bounced === 0;
  return [
    '',
    `${style.bold('Verdict')}  ${isWhole ? style.good(sentence) : style.bad(sentence)}`,
    stopped === null
      ? `The cutover ended in ${style.bold(state)} after ${howLong(duration_ms)}.`
      : `${style.warn('The cutover did not come to its end:')} state ${style.bold(state)}; ${stopped}`,
    ...(late === 0 ? [] : [`${counted(late, 'mail')} still went to the old hosts after the switch.`]),
  ].join('\n');
}
