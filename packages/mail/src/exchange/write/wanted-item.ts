import { type Alteration, MxodusError } from '@mxodus/model';
import { systemTime } from '../system-time.ts';
import { type Mailbox, type MailItem, removeItem } from './mailbox-requests.ts';

/** What a copy must be; the create asks for it in a way no reference describes (facts §1a), so each answer is checked. */
export interface WantedItem {
  draft: boolean;
  /** The date of arrival, milliseconds since the epoch; null: any. */
  arrival: number | null;
}

/** What Exchange holds: FILETIME begins in 1601; 4501-01-01 means "no date". */
const FIRST_ARRIVAL = Date.UTC(1601, 0, 1);
const LAST_ARRIVAL = Date.UTC(4500, 11, 31);

export const isKeepableDate = (arrival: number): boolean => arrival >= FIRST_ARRIVAL && arrival <= LAST_ARRIVAL;

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/**
 * Throws EXCHANGE_REWRITES when the copy is a draft and should not be (or the reverse) or arrived on another date, and removes it: the
 * next ones would be wrong as well. The date of a real draft is the service's own affair: another one is told.
 */
export async function checkItem(
  mailbox: Mailbox,
  folderId: string,
  { item, wanted }: { item: MailItem; wanted: WantedItem },
): Promise<Alteration[]> {
  const arrived = Date.parse(item.receivedDateTime ?? '');
  const sameDate = wanted.arrival === null || seconds(arrived) === seconds(wanted.arrival);
  const sameKind = item.isDraft === wanted.draft;
  if (sameKind && sameDate) return [];
  if (sameKind && wanted.draft) {
    return [{ what: `the draft is dated ${item.receivedDateTime}`, why: 'Exchange dates drafts itself' }];
  }
  await removeItem(mailbox, folderId, item.id);
  throw new MxodusError('EXCHANGE_REWRITES', {
    what: sameKind
      ? `a message that arrived ${systemTime(wanted.arrival ?? 0)} came out as of ${item.receivedDateTime}`
      : `a message came out as ${item.isDraft ? 'a draft' : 'sent mail'}, which it is not`,
    why: 'this tenant does not take the date or the draft mark that the create asked for; the copy was removed again',
    advice:
      'set `writer: imap-append` for this server (docs/exchange.md), and report it: Microsoft may have changed the service',
    where: mailbox.user,
  });
}
