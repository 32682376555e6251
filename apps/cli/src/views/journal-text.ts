import type { JournalEntry } from '@mxodus/model';
import { counted, howLong } from '../output/figures.ts';

/** One line of a cutover's journal, in words. */
export function journalText(entry: JournalEntry): string {
  return `${entry.state}: ${eventText(entry)}`;
}

export function eventText(entry: JournalEntry): string {
  switch (entry.event) {
    case 'started':
      return `started for ${entry.facts.domains.join(', ')}`;
    case 'approved':
      return `approved by ${entry.facts.by}${entry.facts.hash_given ? ', with the hash of the plan' : ''}`;
    case 'audited':
      return auditText(entry.facts);
    case 'sending':
    case 'asked':
    case 'accepted':
    case 'served':
    case 'refused':
    case 'withdrawn':
      return changeText(entry);
    case 'timed':
      return `safe after "${entry.facts.phase}": ${entry.facts.arithmetic}`;
    case 'address':
      return `the address of ${entry.facts.host} changed from ${listed(entry.facts.before)} to ${listed(entry.facts.after)}: ${entry.facts.arithmetic}`;
    case 'pinned':
      return `the old host routes ${entry.facts.domain} as "${entry.facts.routing}" now (it was "${entry.facts.before}")`;
    case 'passed':
      return passText(entry.facts);
    case 'canary_sent':
      return `test mail ${entry.facts.id} to ${entry.facts.recipient}`;
    case 'canary_taken':
      return `test mail ${entry.facts.id} was taken by a mail host`;
    case 'canary_seen':
      return canarySeenText(entry.facts);
    case 'held':
      return `held by ${entry.facts.by}: ${entry.facts.why}`;
    case 'released':
      return `released by ${entry.facts.by}`;
    case 'rolling_back':
      return `rolling back from ${entry.facts.from}, asked by ${entry.facts.by}: ${entry.facts.why}`;
    case 'entered':
      return 'entered';
  }
}

type FactsOf<Event extends JournalEntry['event']> = Extract<JournalEntry, { event: Event }>['facts'];
type ChangeEntry = Extract<
  JournalEntry,
  { event: 'sending' | 'asked' | 'accepted' | 'served' | 'refused' | 'withdrawn' }
>;

function changeText(entry: ChangeEntry): string {
  const about = `change "${entry.facts.phase}" of zone ${entry.facts.zone}`;
  switch (entry.event) {
    case 'sending':
      return `${about} is about to be sent`;
    case 'asked':
      return `${about}: somebody was asked to make it`;
    case 'accepted':
      return `${about} ${entry.facts.found_live ? 'was found made' : 'accepted'}${entry.facts.serial === null ? '' : `, serial ${entry.facts.serial}`}`;
    case 'served':
      return `${about} is served by every authoritative server`;
    case 'refused':
      return `${about} refused, nothing was changed: ${entry.facts.why}`;
    case 'withdrawn':
      return `${about}: a server serves the old records again: ${entry.facts.why}`;
  }
}

function auditText({ ttl_seen, gates, waived = [] }: FactsOf<'audited'>): string {
  const waivers = waived.map(({ gate, by }) => `, ${gate} waived by ${by}`).join('');
  return `${counted(Object.keys(gates).length, 'gate')} asked, none closed${waivers}; the longest TTL seen is ${ttl_seen} s`;
}

function passText({ mode, moved_now, not_moved, in_doubt, complete, problem }: FactsOf<'passed'>): string {
  const faults = [
    ...(not_moved > 0 ? [`${counted(not_moved, 'message')} not moved`] : []),
    ...(in_doubt > 0 ? [`${counted(in_doubt, 'message')} in doubt`] : []),
    ...(complete ? [] : ['not complete']),
    ...(problem === null ? [] : [problem]),
  ];
  return [`${mode} pass, ${moved_now} moved`, ...faults].join(', ');
}

function canarySeenText({ id, at, delay_ms, why }: FactsOf<'canary_seen'>): string {
  const where = {
    new: 'arrived at the new server',
    old: 'arrived at the old server',
    bounced: 'bounced',
    unsent: 'was taken by no host',
  }[at];
  const after = delay_ms === null ? '' : ` after ${howLong(delay_ms)}`;
  return `test mail ${id} ${where}${after}${why === null ? '' : `: ${why}`}`;
}

const listed = (addresses: readonly string[]): string => (addresses.length === 0 ? 'none' : addresses.join(', '));
