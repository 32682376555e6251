/** One answer of a server (RFC 5321 section 4.2), its lines without code. */
export interface Reply {
  code: number;
  lines: readonly string[];
}

/** A line may have 512 octets (RFC 5321 section 4.5.3.1.5); some hosts write more. */
const LONGEST_LINE = 8192;
const MOST_LINES = 200;
/** Answers nobody asked for. */
const MOST_UNREAD = 200;

/** Cuts what a server says into replies. Throws, with why, at what is no SMTP or has no end; it is of no use then. */
export class ReplyReader {
  readonly #replies: Reply[] = [];
  #rest = '';
  #lines: string[] = [];
  #code: number | null = null;

  push(chunk: Buffer): void {
    this.#rest += chunk.toString('latin1');
    for (let end = this.#rest.indexOf('\n'); end !== -1; end = this.#rest.indexOf('\n')) {
      const line = this.#rest.slice(0, end).replace(/\r$/, '');
      this.#rest = this.#rest.slice(end + 1);
      this.#line(line);
    }
    if (this.#rest.length > LONGEST_LINE) throw new Error(`it sent a line of more than ${LONGEST_LINE} octets`);
  }

  /** The next whole reply; null: there is none yet. */
  next(): Reply | null {
    return this.#replies.shift() ?? null;
  }

  /** Something was said that nobody took yet. */
  get isEmpty(): boolean {
    return this.#replies.length === 0 && this.#lines.length === 0 && this.#rest === '';
  }

  #line(line: string): void {
    if (line.length > LONGEST_LINE) throw new Error(`it sent a line of more than ${LONGEST_LINE} octets`);
    const [, digits, mark, text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line) ?? [];
    const code = Number(digits);
    if (digits === undefined || (this.#code !== null && code !== this.#code)) {
      throw new Error(`it does not speak SMTP: "${printable(line).slice(0, 60)}"`);
    }
    this.#code = code;
    this.#lines.push(printable(text));
    if (this.#lines.length > MOST_LINES) throw new Error(`it sent a reply of more than ${MOST_LINES} lines`);
    if (mark === '-') return;
    this.#replies.push({ code, lines: this.#lines });
    this.#lines = [];
    this.#code = null;
    if (this.#replies.length > MOST_UNREAD) throw new Error('it talks without being asked');
  }
}

/** Nothing a terminal would take for a command. UTF-8 where it is (RFC 6531 section 3.7.4). */
function printable(latin1: string): string {
  return Buffer.from(latin1, 'latin1')
    .toString('utf8')
    .replace(/[\p{Cc}\p{Cf}]/gu, '?');
}

export function replyText({ code, lines }: Reply): string {
  return `${code} ${lines.join(' ')}`.trim().slice(0, 500);
}
