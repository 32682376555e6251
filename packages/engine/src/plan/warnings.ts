import type { PlanWarning } from '@mxodus/model';
import { bytesText } from './bytes-text.ts';
import type { FolderMapping, RenameCause } from './map-folders.ts';

/** The words of a plan's warnings. A plan with warnings is still a plan: sync moves what can be moved. */

const SHOWN = 3;

/** Renames nobody asked for. */
const UNASKED: ReadonlySet<RenameCause> = new Set(['character', 'collision', 'refused']);

export function doesNotFit(after: number, limit: number): PlanWarning {
  const more = bytesText(after - limit);
  const text = `the destination would hold ${bytesText(after)} and its quota is ${bytesText(limit)}: raise it by ${more}`;
  return { code: 'DOES_NOT_FIT', text };
}

export function tooLargeToMove(messages: readonly { bytes: number }[], limit: number): PlanWarning {
  const bytes = bytesText(messages.reduce((sum, message) => sum + message.bytes, 0));
  const text = `${count(messages.length, 'message')} (${bytes}) above the ${bytesText(limit)} the destination takes`;
  return { code: 'TOO_LARGE', text: `${text}: ${messages.length === 1 ? 'it' : 'they'} cannot move` };
}

export function mayBeTooLarge(messages: number, limit: number): PlanWarning {
  const text = `${count(messages, 'message')} just below the ${bytesText(limit)} the destination takes, which measures in its own way`;
  return { code: 'MAY_BE_TOO_LARGE', text: `${text}: ${messages === 1 ? 'it' : 'they'} may be refused` };
}

export const keywordsRefused = (keywords: readonly string[]): PlanWarning => ({
  code: 'KEYWORDS_REFUSED',
  text: `the destination does not keep these flags: ${firstOf(keywords.map((keyword) => `"${keyword}"`))}`,
});

export const noUidplus = (server: string): PlanWarning => ({
  code: 'NO_UIDPLUS',
  text: `server "${server}" has no UIDPLUS: each message is looked up after it is sent, which is slower`,
});

/** @param same by what they look alike */
export function destinationNotEmpty(messages: number, alike: number, same = 'size and date'): PlanWarning {
  const text = `the destination holds ${count(messages, 'message')} already`;
  const looks = `${alike === 1 ? 'one looks like a message' : `${alike} look like messages`} of the source (same ${same})`;
  return { code: 'DESTINATION_NOT_EMPTY', text: alike === 0 ? text : `${text}; ${looks}` };
}

/** One copy of each message gets there; but two lines of a list that say the same by mistake look alike. */
export function sharedDestinations(
  mailboxes: readonly { address: string; destination: { server: string; user: string } }[],
): PlanWarning[] {
  const groups = Map.groupBy(mailboxes, ({ destination: { server, user } }) => `${user.toLowerCase()} at ${server}`);
  return [...groups]
    .filter(([, group]) => group.length > 1)
    .map(([where, group]) => ({
      code: 'SHARED_DESTINATION',
      text: `${group.map(({ address }) => address).join(' and ')} go into one mailbox, ${where}: a message both have gets there once`,
    }));
}

export function foldersRenamed(decisions: readonly FolderMapping[]): PlanWarning[] {
  const renamed = decisions.filter(({ cause, unplaced }) => cause !== null && UNASKED.has(cause) && unplaced === null);
  const unplaced = decisions.filter((decision) => decision.unplaced !== null);
  const warnings: PlanWarning[] = [];
  if (renamed.length > 0) {
    const names = renamed.map(({ source, destination, renamed: why }) => `"${source}" -> "${destination}" (${why})`);
    warnings.push({ code: 'FOLDER_RENAMED', text: `${count(renamed.length, 'folder')} renamed: ${firstOf(names)}` });
  }
  for (const { source, unplaced: why } of unplaced) {
    const text = `the destination refuses every name tried for "${source}" (${why}): map it in sync.folders.map`;
    warnings.push({ code: 'FOLDER_REFUSED', text });
  }
  return warnings;
}

/** For a destination of which nobody knows whether it folds case: the names were kept, and may meet there. */
export function sameButForCase(decisions: readonly FolderMapping[], server: string): PlanWarning[] {
  const bySpelling = Map.groupBy(
    decisions.filter(({ excluded }) => !excluded),
    ({ destination }) => destination.normalize('NFC').toLowerCase(),
  );
  const groups = [...bySpelling.values()].filter((group) => group.length > 1);
  if (groups.length === 0) return [];
  const names = groups.map((group) => group.map(({ destination }) => `"${destination}"`).join(' and '));
  const text = `${firstOf(names)}: names that differ only by case or Unicode form. Nothing tells whether server "${server}" keeps them apart`;
  return [{ code: 'NAMES_MAY_MEET', text: `${text}; if it does not, map one of them in sync.folders.map` }];
}

function firstOf(items: readonly string[]): string {
  const more = items.length - SHOWN;
  return items.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
