import { emptyContent, type SimContent } from '../../mailbox/item.ts';
import type { MailboxStore } from '../../mailbox/store.ts';
import { SimError } from '../../route.ts';
import { readMime } from '../mime/read-mime.ts';
import { storedContent } from '../mime/stored-content.ts';
import { LONGEST_LINE_BYTES, TOO_LONG, textOf, type Value } from './command.ts';
import { readDateTime } from './date-time.ts';
import type { ListedFolder } from './folders.ts';
import { uidsOf } from './uids.ts';

/** What Exchange Online says (imapsync, FAQ.Office365). */
export const TOO_LARGE = 'NO Maximum size of appendable message has been exceeded.';
export const MAILBOX_FULL = 'NO Server Unavailable. 15';
const NO_FOLDER = "NO [TRYCREATE] The specified folder doesn't exist.";

export interface AppendArguments {
  folder: string;
  flags: readonly string[];
  /** null: none was given. */
  internalDate: number | null;
  message: Buffer;
}

/** `"Sent Items" (\Seen) "02-Jan-2023 10:00:00 +0000" {123}...`; null: it is not that. */
export function appendArguments(values: readonly Value[]): AppendArguments | null {
  const folder = textOf(values[0]);
  const message = values.at(-1);
  const between = values.slice(1, -1);
  const flags = between[0]?.kind === 'list' ? between.shift() : undefined;
  const date = textOf(between.shift());
  if (folder === null || message?.kind !== 'string' || values.length < 2 || between.length > 0) return null;
  const internalDate = date === null ? null : readDateTime(date);
  if (date !== null && internalDate === null) return null;
  const names = flags?.kind === 'list' ? flags.values.map(textOf) : [];
  return { folder, flags: names.flatMap((name) => name ?? []), internalDate, message: message.bytes };
}

/** Stores the message and returns the rest of the answer: `OK [APPENDUID 14 4392] APPEND completed.` */
export async function append(
  store: MailboxStore,
  into: ListedFolder | undefined,
  { flags, internalDate, message }: AppendArguments,
): Promise<string> {
  if (into === undefined) return NO_FOLDER;
  if (longestLine(message) > LONGEST_LINE_BYTES) return TOO_LONG;
  const uids = uidsOf(store);
  try {
    const content = await contentOf(message, store.now());
    const item = store.add(into.folder, {
      ...storedContent(content, store),
      ...flagged(flags),
      received: internalDate ?? store.now(),
    });
    return `OK [APPENDUID ${uids.uidValidity(into.folder)} ${uids.uid(item)}] APPEND completed.`;
  } catch (error) {
    if (!(error instanceof SimError)) throw error;
    if (error.code === 'ErrorMessageSizeExceeded') return TOO_LARGE;
    if (error.code === 'ErrorQuotaExceeded') return MAILBOX_FULL;
    throw error;
  }
}

/** IMAP takes what the parser does not: such a message is an item with its MIME alone. */
async function contentOf(message: Buffer, now: number): ReturnType<typeof readMime> {
  try {
    return await readMime(message, now);
  } catch (error) {
    if (!(error instanceof SimError)) throw error;
    return { ...emptyContent(now), attachments: [], mime: message };
  }
}

/** Keywords are dropped: Exchange has no place for them over IMAP. */
function flagged(flags: readonly string[]): Pick<SimContent, 'isRead' | 'isDraft' | 'flag' | 'extended'> {
  const has = (flag: string): boolean => flags.some((each) => each.toLowerCase() === flag);
  return {
    isRead: has('\\seen'),
    isDraft: has('\\draft'),
    flag: { flagStatus: has('\\flagged') ? 'flagged' : 'notFlagged' },
    extended: new Map(
      has('\\answered')
        ? [
            ['Integer 0x1081', '102'],
            ['Integer 0x1080', '261'],
          ]
        : [],
    ),
  };
}

/** Bytes of the longest line, without its end. */
function longestLine(message: Buffer): number {
  let longest = 0;
  for (let from = 0; from <= message.length; ) {
    const found = message.indexOf(10, from);
    const end = found < 0 ? message.length : found;
    longest = Math.max(longest, end - from - (message[end - 1] === 13 && end > from ? 1 : 0));
    from = end + 1;
  }
  return longest;
}
