import { firstWord } from './wire-text.ts';

/** What an APPEND says about one message before its literal (RFC 9051 §6.3.12, RFC 3502). */
export interface AppendMessage {
  /** 0 is the first of a MULTIAPPEND. */
  readonly index: number;
  /** Unquoted; null when the name was sent as a literal. */
  readonly mailbox: string | null;
  /** Bytes. */
  readonly size: number;
  /** The client waits to be asked for them. */
  readonly synchronising: boolean;
  /** null: none given. */
  flags: readonly string[] | null;
  /** Without quotes; null: none given. */
  date: string | null;
  /** Put in front of the message, which is announced as that much longer. */
  prefix: Buffer | null;
}

/** The fields, and the text around them. */
export interface AppendArguments {
  message: AppendMessage;
  /** 'APPEND "INBOX"', or '' for a further message. */
  head: string;
  /** 'UTF8 (' for RFC 6855, or ''. */
  before: string;
  literal8: boolean;
}

type Place = Pick<AppendMessage, 'index' | 'mailbox'>;

const ARGUMENTS = /^(?: \(([^)]*)\))?(?: "([^"]*)")? (UTF8 \(|)(~?)\{(\d+)(\+?)\}$/i;

/** @param text the line without tag and line end. null: not the arguments of a message. */
export function readAppendArguments(text: string, { index, mailbox }: Place): AppendArguments | null {
  const begins = /^APPEND /i.test(text);
  const named = begins ? firstWord(text.slice('APPEND '.length)) : null;
  if (begins && !named) return null;
  // UTF8 (~{n} ends in a parenthesis, which a further message brings along.
  const rest = named ? named.rest : text.replace(/^\)/, '');
  const head = text.slice(0, text.length - rest.length);
  const found = ARGUMENTS.exec(rest);
  if (!found) return null;
  const [, flags, date, before = '', tilde, size, plus] = found;
  const message: AppendMessage = {
    index,
    mailbox,
    size: Number(size),
    synchronising: plus === '',
    flags: flags === undefined ? null : flags.split(' ').filter((flag) => flag !== ''),
    date: date ?? null,
    prefix: null,
  };
  return { message, head, before, literal8: tilde !== '' };
}

/** The line again, with what the fields are now. */
export function writeAppendArguments({ message, head, before, literal8 }: AppendArguments): string {
  const flags = message.flags === null ? '' : ` (${message.flags.join(' ')})`;
  const date = message.date === null ? '' : ` "${message.date}"`;
  const size = message.size + (message.prefix?.length ?? 0);
  return `${head}${flags}${date} ${before}${literal8 ? '~' : ''}{${size}${message.synchronising ? '' : '+'}}`;
}
