/** What a header says of a message's identity; unfolded, blanks collapsed. null: missing or empty. */
export interface HeaderFingerprint {
  /** The domain in lower case; the rest as it is. */
  messageId: string | null;
  /** As written, in lower case. */
  date: string | null;
  /** In lower case. */
  from: string | null;
  subject: string | null;
}

const LF = 0x0a;
const CR = 0x0d;
const NAMES: Readonly<Record<string, keyof HeaderFingerprint>> = {
  'message-id': 'messageId',
  date: 'date',
  from: 'from',
  subject: 'subject',
};
/** Longer than any name above, with blanks before the colon. */
const NAME_WINDOW = 40;
/** Bytes of a value that are looked at: equal beginnings are compared by content anyway. */
const VALUE_WINDOW = 2000;

/**
 * Reads a header section, or a whole message up to the first empty line; the first of several equal fields counts. Never throws:
 * lines may end with CRLF, LF, CR or CR CR LF, and what is no field is passed over. Bytes are read as latin1, so that any two servers'
 * 8-bit bytes compare as they are.
 */
export function headerFields(header: Buffer): HeaderFingerprint {
  const found: HeaderFingerprint = { messageId: null, date: null, from: null, subject: null };
  const seen = new Set<keyof HeaderFingerprint>();
  let open: keyof HeaderFingerprint | null = null;
  let value = '';
  const close = (): void => {
    if (open !== null) found[open] = normalised(open, value);
    open = null;
    value = '';
  };
  for (let at = 0; at < header.length; ) {
    const end = lineEnd(header, at);
    if (end === at) break;
    const first = header[at];
    if (first === 0x20 || first === 0x09) {
      if (open !== null && value.length < VALUE_WINDOW)
        value += header.toString('latin1', at, Math.min(end, at + VALUE_WINDOW));
    } else {
      close();
      const [match, name] =
        /^([!-9;-~]+)[ \t]*:/.exec(header.toString('latin1', at, Math.min(end, at + NAME_WINDOW))) ?? [];
      const field = name === undefined ? undefined : fieldOf(name);
      if (match !== undefined && field !== undefined && !seen.has(field)) {
        seen.add(field);
        open = field;
        value = header.toString('latin1', at + match.length, Math.min(end, at + match.length + VALUE_WINDOW));
      }
    }
    at = nextLine(header, end);
  }
  close();
  return found;
}

const fieldOf = (name: string): keyof HeaderFingerprint | undefined => {
  const known = name.toLowerCase();
  return Object.hasOwn(NAMES, known) ? NAMES[known] : undefined;
};

function lineEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at += 1;
  return at;
}

/** CRs right before an LF belong to one line end; any other CR is one of its own. */
function nextLine(bytes: Buffer, end: number): number {
  let at = end;
  while (bytes[at] === CR) at += 1;
  return bytes[at] === LF ? at + 1 : Math.min(end + 1, bytes.length);
}

function normalised(field: keyof HeaderFingerprint, value: string): string | null {
  const text = value
    .slice(0, VALUE_WINDOW)
    .replace(/[\x00-\x20\x7f]+/g, ' ')
    // Not trim(): as latin1 the last byte of "à" in UTF-8 is a blank.
    .replace(/^ | $/g, '');
  if (text === '') return null;
  if (field === 'subject') return text;
  if (field !== 'messageId') return text.toLowerCase();
  const domain = text.lastIndexOf('@');
  return domain === -1 ? text : text.slice(0, domain) + text.slice(domain).toLowerCase();
}

/** As Cyrus stores it: each 8-bit byte of a header is an X (munge8bit, on by default; 3.6.1, 2026-11). */
export function munged({ messageId, date, from, subject }: HeaderFingerprint): HeaderFingerprint {
  const domain = messageId?.lastIndexOf('@') ?? -1;
  return {
    messageId:
      messageId === null || domain === -1
        ? withX(messageId, 'X')
        : `${withX(messageId.slice(0, domain), 'X')}${withX(messageId.slice(domain), 'x')}`,
    date: withX(date, 'x'),
    from: withX(from, 'x'),
    subject: withX(subject, 'X'),
  };
}

const withX = (text: string | null, x: 'x' | 'X'): string | null => text?.replace(/[\x80-\xff]/g, x) ?? null;
