/** Field values with bytes above 127 made ASCII (RFC 2047). Strings are latin1: one character, one byte. */

/** How a value is read: `text` (Subject), `addresses` (From, and every other structured field), `parameters` (Content-Type). */
export type ValueKind = 'text' | 'addresses' | 'parameters';

const ADDRESSES =
  /^(from|to|cc|bcc|sender|reply-to|return-path|delivered-to|errors-to|disposition-notification-to|received|message-id|in-reply-to|references|date|resent-.*|list-.*)$/;
const PARAMETERS = /^content-(type|disposition)$/;

export function valueKindOf(fieldName: string): ValueKind {
  const name = fieldName.toLowerCase();
  if (PARAMETERS.test(name)) return 'parameters';
  return ADDRESSES.test(name) ? 'addresses' : 'text';
}

interface Token {
  kind: 'blank' | 'word' | 'quoted' | 'special';
  text: string;
  eightBit: boolean;
}

const EIGHT_BIT = /[\x80-\xff]/;
const BLANK = ' \t\r\n';
const SPECIALS = '()<>@,;:[]=';

/** Encodes the words that need it, and leaves every other byte where it is. */
export function encodeValue(value: string, kind: ValueKind, lineEnd: string): string {
  const out: string[] = [];
  let last: Token | null = null;
  for (const token of withJoinedWords(tokensOf(value, kind))) {
    if (!token.eightBit) {
      // An encoded word is set off from what follows (RFC 2047 section 5).
      const touches = kind !== 'parameters' && last?.eightBit === true;
      out.push(touches && token.kind !== 'blank' && !'),;@'.includes(token.text.charAt(0)) ? ' ' : '', token.text);
    } else {
      const words = encodedWords(token.kind === 'quoted' ? unquoted(token.text) : token.text, lineEnd);
      // Not RFC 2231, which would rename the parameter: an encoded word in quotes is what readers decode.
      if (kind === 'parameters') out.push(`"${words}"`);
      else out.push(last?.kind === 'blank' || last?.text === '(' ? '' : ' ', words);
    }
    last = token;
  }
  return out.join('');
}

/** Words that need encoding go together with the blanks between them: a reader drops blanks between encoded words. */
function* withJoinedWords(tokens: Iterable<Token>): Generator<Token> {
  let words: string[] = [];
  let gap: Token | null = null;
  const joined = (): Token => ({ kind: 'word', text: words.join(''), eightBit: true });
  for (const token of tokens) {
    const encodes = token.kind === 'word' && token.eightBit;
    if (encodes) {
      if (gap !== null) words.push(gap.text.replace(/[\r\n]/g, ''));
      words.push(token.text);
      gap = null;
    } else if (words.length > 0 && gap === null && token.kind === 'blank') {
      gap = token;
    } else {
      if (words.length > 0) yield joined();
      if (gap !== null) yield gap;
      words = [];
      gap = null;
      yield token;
    }
  }
  if (words.length > 0) yield joined();
  if (gap !== null) yield gap;
}

function* tokensOf(value: string, kind: ValueKind): Generator<Token> {
  const structured = kind !== 'text';
  const ends = structured ? `${BLANK}${SPECIALS}"` : BLANK;
  for (let at = 0; at < value.length; ) {
    const char = value.charAt(at);
    let to = at + 1;
    if (BLANK.includes(char)) {
      while (to < value.length && BLANK.includes(value.charAt(to))) to += 1;
      yield tokenOf('blank', value.slice(at, to));
    } else if (structured && char === '"') {
      while (to < value.length && value.charAt(to) !== '"') to += value.charAt(to) === '\\' ? 2 : 1;
      to = Math.min(to + 1, value.length);
      yield tokenOf('quoted', value.slice(at, to));
    } else if (structured && SPECIALS.includes(char)) {
      yield tokenOf('special', char);
    } else {
      while (to < value.length && !ends.includes(value.charAt(to))) to += 1;
      yield tokenOf('word', value.slice(at, to));
    }
    at = to;
  }
}

const tokenOf = (kind: Token['kind'], text: string): Token => ({ kind, text, eightBit: EIGHT_BIT.test(text) });

const unquoted = (quoted: string): string =>
  quoted
    .slice(1, quoted.endsWith('"') && quoted.length > 1 ? -1 : undefined)
    .replace(/\r?\n/g, '')
    .replace(/\\(.)/g, '$1');

/** Makes an encoded word of at most 75 characters (RFC 2047 section 2), whichever of the two charsets it is. */
const MAX_WORD_BYTES = 42;

/** `unknown-8bit` (RFC 1428) keeps the bytes without claiming to know what they mean. */
function encodedWords(latin1: string, lineEnd: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  const isUtf8 = Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
  const words: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(from + MAX_WORD_BYTES, bytes.length);
    // A character is never split over two words (RFC 2047 section 5).
    while (isUtf8 && to < bytes.length && ((bytes[to] ?? 0) & 0xc0) === 0x80) to -= 1;
    words.push(`=?${isUtf8 ? 'utf-8' : 'unknown-8bit'}?B?${bytes.toString('base64', from, to)}?=`);
    from = to;
  }
  return words.join(`${lineEnd} `);
}
