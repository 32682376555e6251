/** The few words of IMAP that quirks read and write. Names stay as they are on the wire (modified UTF-7). */

const WORD = '"(?:\\\\.|[^"\\\\])*"|[^\\s"(){]+';
const FIRST_WORD = new RegExp(`^(${WORD})(?: |$)`);

/** A quoted string or atom, without its quotes. */
export function unquoted(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word;
}

/** Takes a quoted string or atom off the front; null when there is none (a literal, a list). */
export function firstWord(text: string): { word: string; rest: string } | null {
  const found = FIRST_WORD.exec(text);
  return found?.[1] === undefined ? null : { word: found[1], rest: text.slice(found[1].length) };
}

/** 'APPEND', 'UID FETCH'; the rest begins with what follows the blank. */
export function commandName(text: string): { name: string; rest: string } {
  const [, first = '', second = ''] = /^(\S+)(?: (\S+))?/.exec(text) ?? [];
  const name = first.toUpperCase() === 'UID' ? `${first} ${second}` : first;
  return { name: name.toUpperCase(), rest: text.slice(name.length + 1) };
}

/** Commands the first argument of which is a mailbox. */
const NAMES_MAILBOX = new Set([
  'APPEND',
  'CREATE',
  'DELETE',
  'EXAMINE',
  'GETQUOTAROOT',
  'RENAME',
  'SELECT',
  'STATUS',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
]);
/** Commands with a set of messages before the mailbox. */
const INTO_MAILBOX = new Set(['COPY', 'MOVE', 'UID COPY', 'UID MOVE']);

/** Where in the text of a command its mailbox is; null when it has none, or sends it as a literal. */
export function mailboxWord(text: string): { at: number; word: string } | null {
  const { name, rest } = commandName(text);
  let at = text.length - rest.length;
  if (INTO_MAILBOX.has(name)) at += rest.indexOf(' ') + 1;
  else if (!NAMES_MAILBOX.has(name)) return null;
  const found = firstWord(text.slice(at));
  return found ? { at, word: found.word } : null;
}

/** INBOX is one name in any case (RFC 9051 §5.1). */
export function mailboxName(word: string): string {
  const name = unquoted(word);
  return name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
}

/** The UID of an untagged FETCH row; null for other responses, and rows without one. */
export function uidOfRow(text: string): number | null {
  const uid = /^\* \d+ FETCH \((?:.*[ (])?UID (\d+)/.exec(text)?.[1];
  return uid === undefined ? null : Number(uid);
}
