import { withoutControls } from './alterations.ts';
import { decodedWords } from './header-block.ts';

export interface Mailbox {
  /** Decoded; '' where there is none. */
  name: string;
  address: string;
}

export interface AddressList {
  mailboxes: Mailbox[];
  /** Names of groups that have members. */
  groups: string[];
  /** What stands in the place of an address and is none. */
  invalid: string[];
}

/**
 * The addresses of a header field: RFC 5322 §3.4 with groups, comments, obsolete routes, RFC 2047 names (also where they do not
 * belong), RFC 6532, and what programs write instead (";" between addresses, unclosed quotes and brackets, a name before an
 * address without brackets).
 *
 * @param value the field, unfolded
 */
export function parseAddresses(value: string): AddressList {
  return new AddressReader(value).read();
}

const ENCODED_WORD = /=\?[^?\s]{1,75}\?[QqBb]\?[^?]*\?=/y;
const LOCAL = String.raw`(?:"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])+"|[^\s"(),:;<>@[\\\]\x00-\x1f\x7f]+)`;
const DOMAIN = String.raw`(?:\[[\w.:-]+\]|[^\s"(),:;<>@[\\\]\x00-\x1f\x7f.]+(?:\.[^\s"(),:;<>@[\\\]\x00-\x1f\x7f.]+)*)`;
const ADDRESS = new RegExp(`^${LOCAL}@${DOMAIN}$`, 'u');
/** RFC 5321 §4.5.3.1: 64 + 1 + 255. */
const LONGEST_ADDRESS = 320;

export const isAddress = (text: string): boolean => text.length <= LONGEST_ADDRESS && ADDRESS.test(text);

class AddressReader {
  readonly #text: string;
  readonly #list: AddressList = { mailboxes: [], groups: [], invalid: [] };
  #at = 0;
  /** No closing mark follows: looking for one again and again would take quadratic time. */
  readonly #unclosed = new Set<string>();
  #phrase = '';
  /** The phrase with its quotes: a quoted local part needs them. */
  #raw = '';
  #comment = '';
  #angle: string | null = null;
  #group: string | null = null;
  #members = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): AddressList {
    while (this.#at < this.#text.length) this.#step(this.#text.charAt(this.#at));
    this.#finish();
    this.#closeGroup();
    return this.#list;
  }

  #step(char: string): void {
    if (char === '"' && this.#take('"')) return;
    if (char === '(' && this.#takeComment()) return;
    if (char === '<' && this.#takeAngle()) return;
    if (char === '=' && this.#takeEncodedWord()) return;
    this.#at += 1;
    if (char === ',' || char === ';') {
      this.#finish();
      if (char === ';') this.#closeGroup();
    } else if (char === ':' && this.#angle === null && this.#group === null && !this.#raw.includes('@')) {
      this.#group = tidyName(this.#phrase);
      this.#reset();
    } else this.#addText(char, char);
  }

  #addText(text: string, raw: string): void {
    this.#phrase += text;
    this.#raw += raw;
  }

  /** A quoted string. */
  #take(mark: '"'): boolean {
    const end = this.#closing(mark, this.#at + 1);
    if (end < 0) return false;
    const raw = this.#text.slice(this.#at, end + 1);
    this.#addText(raw.slice(1, -1).replace(/\\(.)/g, '$1'), raw);
    this.#at = end + 1;
    return true;
  }

  #takeComment(): boolean {
    if (this.#unclosed.has(')')) return false;
    let depth = 0;
    for (let at = this.#at; at < this.#text.length; at++) {
      const char = this.#text.charAt(at);
      if (char === '\\') at += 1;
      else if (char === '(') depth += 1;
      else if (char === ')' && --depth === 0) {
        this.#comment ||= this.#text.slice(this.#at + 1, at).replace(/\\(.)/g, '$1');
        this.#addText(' ', ' ');
        this.#at = at + 1;
        return true;
      }
    }
    this.#unclosed.add(')');
    return false;
  }

  #takeAngle(): boolean {
    const end = this.#closing('>', this.#at + 1);
    let inside =
      end < 0 ? (this.#text.slice(this.#at + 1).split(/[,;]/, 1)[0] ?? '') : this.#text.slice(this.#at + 1, end);
    // An unclosed bracket before others ends at its comma; a route ("<@a,@b:c@d>") has commas of its own.
    if (end >= 0 && inside.includes('<') && !inside.trim().startsWith('@')) inside = inside.split(/[,;<]/, 1)[0] ?? '';
    this.#at += inside.length + 1;
    if (this.#text.charAt(this.#at) === '>') this.#at += 1;
    this.#angle ??= inside;
    return true;
  }

  #takeEncodedWord(): boolean {
    ENCODED_WORD.lastIndex = this.#at;
    const word = ENCODED_WORD.exec(this.#text)?.[0];
    if (word === undefined) return false;
    this.#addText(word, word);
    this.#at += word.length;
    return true;
  }

  #closing(mark: string, from: number): number {
    if (this.#unclosed.has(mark)) return -1;
    for (let at = from; at < this.#text.length; at++) {
      const char = this.#text.charAt(at);
      if (char === '\\') at += 1;
      else if (char === mark) return at;
    }
    this.#unclosed.add(mark);
    return -1;
  }

  #finish(): void {
    if (this.#angle === null && this.#raw.trim() === '') {
      this.#reset();
      return;
    }
    const given = `${this.#raw}${this.#angle === null ? '' : `<${this.#angle}>`}`.trim();
    const found = this.#angle === null ? this.#withoutBrackets() : this.#withBrackets(this.#angle);
    if (found.length > 0) {
      this.#list.mailboxes.push(...found);
      this.#members += found.length;
    } else if (given !== '' && given !== '<>') this.#list.invalid.push(tidyName(given));
    this.#reset();
  }

  #withBrackets(angle: string): Mailbox[] {
    const address = tidyAddress(angle.replace(/^\s*@[^:]*:/, ''));
    return isAddress(address) ? [{ name: tidyName(this.#phrase) || tidyName(this.#comment), address }] : [];
  }

  #withoutBrackets(): Mailbox[] {
    const whole = tidyAddress(this.#raw);
    if (isAddress(whole)) return [{ name: tidyName(this.#comment), address: whole }];
    const words = this.#raw.trim().split(/\s+/);
    const addresses = words.map(tidyAddress);
    if (addresses.every(isAddress)) return addresses.map((address) => ({ name: '', address }));
    const at = addresses.findLastIndex(isAddress);
    const address = addresses[at];
    if (address === undefined) return [];
    return [{ name: tidyName(words.toSpliced(at, 1).join(' ').replaceAll('"', '')), address }];
  }

  #reset(): void {
    this.#phrase = '';
    this.#raw = '';
    this.#comment = '';
    this.#angle = null;
  }

  #closeGroup(): void {
    if (this.#group !== null && this.#members > 0) this.#list.groups.push(this.#group);
    this.#group = null;
    this.#members = 0;
  }
}

/** An encoded word where only an address may be is decoded; white space around "@" and a trailing dot are dropped. */
function tidyAddress(text: string): string {
  const address = decodedWords(text.trim())
    .replace(/^mailto:/i, '')
    .replace(/^[<']+|[>']+$/g, '')
    .replace(/\s*([@.])\s*/g, '$1');
  return address.replace(/\.$/, '');
}

function tidyName(text: string): string {
  const name = withoutControls(decodedWords(text)).text.replace(/\s+/g, ' ').trim();
  return name.length > 1 && /^(["']).*\1$/.test(name) ? name.slice(1, -1).trim() : name;
}
