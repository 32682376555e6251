import { ipAddress } from './ip-address.ts';
import { mailDate } from './mail-date.ts';
import { type Clause, readClauses } from './received-clauses.ts';

/** One Received field (RFC 5321 section 4.4): a host took the message. What it does not say is null. */
export interface ReceivedHop {
  /** Who gave it to that host; null: nobody, it was made there. */
  client: HopClient | null;
  by: string | null;
  /** In upper case: ESMTPSA, LMTP, LOCAL, … */
  protocol: string | null;
  /** The client signed in. */
  authenticated: boolean;
  login: string | null;
  recipient: string | null;
  /** Milliseconds since the epoch. */
  date: number | null;
}

export interface HopClient {
  /** What it called itself. */
  helo: string | null;
  /** The name its address has, as the host found. */
  name: string | null;
  address: string | null;
}

/** RFC 3848, RFC 6531, and what Exim said before (asmtp). */
const SIGNED_IN = /^(?:(?:UTF8)?(?:SMTP|ESMTP|LMTP)S?A|ASMTP)$/;

/** Reads a field, whatever it looks like: servers and forgers write it as they please. */
export function parseReceived(value: string): ReceivedHop {
  const { clauses, date } = readClauses(value);
  const clause = (name: string): Clause => clauses.get(name) ?? { words: [], comments: [] };
  const protocol = clause('with').words[0]?.toUpperCase() ?? null;
  const comments = [...clauses.values()].flatMap((one) => one.comments);
  const from = clauses.get('from');
  const login = comments.map((text) => /^authenticated sender:\s*(\S+)/i.exec(text)?.[1]).find((found) => found);
  return {
    // Exim: "from ann by HOST with local" names the user who made it.
    client: from === undefined || protocol?.startsWith('LOCAL') === true ? null : clientOf(from),
    by: hostName(clause('by').words[0]) ?? clause('by').words[0]?.toLowerCase() ?? null,
    protocol,
    authenticated:
      (protocol !== null && SIGNED_IN.test(protocol)) ||
      comments.some((text) => /^(?:smtp-)?auth(?:enticated)?(?:[\s:=]|$)/i.test(text)),
    login: login?.replace(/[<>]/g, '') ?? null,
    recipient: /^<?([^<>\s]{1,320}@[^<>\s]{1,255}?)>?$/.exec(clause('for').words[0] ?? '')?.[1]?.toLowerCase() ?? null,
    date: date === null ? null : mailDate(date),
  };
}

/**
 *   from HELO (NAME [IP])                  Postfix, sendmail, Gmail; NAME may be "unknown"
 *   from NAME ([IP]:PORT helo=HELO)        Exim; [IP] in place of a name it could not prove
 *   from NAME (HELO NAME) (IP)             qmail; "unknown" for NAME
 *   from NAME (IP)                         Exchange
 */
function clientOf({ words, comments }: Clause): HopClient {
  const texts = [...words, ...comments];
  const bracketed = texts.map((text) => /\[([^[\]\s]{2,60})\]/.exec(text)?.[1]).map((text) => ipAddress(text ?? ''));
  const bare = texts.map((text) => ipAddress(text.replace(/^[^@\s]*@/, '')));
  const address = [...bracketed, ...bare].find((found) => found !== null) ?? null;
  const first = hostName(words[0]);
  const told = comments
    .map((text) => /(?:^|\s)(?:helo=|[HE]?HELO\s+|EHLO\s+)\[?([^\s\]]{1,255})/i.exec(text)?.[1])
    .find((found) => found !== undefined);
  const found = comments.map((text) => hostName(/^(\S{1,255})\s+\[/.exec(text)?.[1])).find((text) => text !== null);
  const exim = comments.some((text) => /^\[[^\]]*\](?::\d+)?(?:\s|$)/.test(text));
  const name = found ?? (told !== undefined || exim ? first : null);
  return { helo: hostName(told) ?? (told === undefined ? first : null), name, address };
}

/** In lower case, without a final dot; null: no name, or one that says nothing. */
function hostName(text: string | undefined): string | null {
  const name = text?.toLowerCase().replace(/\.$/, '') ?? '';
  return /^(?!unknown$)[a-z0-9_](?:[a-z0-9_.-]{0,253})$/.test(name) && ipAddress(name) === null ? name : null;
}
