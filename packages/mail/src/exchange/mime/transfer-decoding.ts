/** Takes a Content-Transfer-Encoding (RFC 2045 §6) off, piece by piece and in bounded memory. */
export interface TransferDecoder {
  write(bytes: Buffer): Buffer;
  end(): Buffer;
  /** It met something the encoding does not allow, and went on. */
  readonly damaged: boolean;
}

/** What is neither base64 nor quoted-printable comes through as it is. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === 'base64') return new Base64();
  if (encoding === 'quoted-printable') return new QuotedPrintable();
  return { write: (bytes) => bytes, end: () => NOTHING, damaged: false };
}

const NOTHING = Buffer.alloc(0);

/** Some programs pad every line, so "=" ends a unit and not the data. */
class Base64 implements TransferDecoder {
  #rest = '';
  #damaged = false;

  get damaged(): boolean {
    return this.#damaged;
  }

  write(bytes: Buffer): Buffer {
    const text = bytes.toString('latin1');
    if (/[^A-Za-z0-9+/=\s]/.test(text)) this.#damaged = true;
    const units = text.replace(/[^A-Za-z0-9+/=]+/g, '').split(/=+/);
    const last = units.pop() ?? '';
    const decoded: Buffer[] = [];
    for (const unit of units) {
      this.#rest += unit;
      decoded.push(this.#flush(this.#rest.length));
    }
    this.#rest += last;
    decoded.push(this.#flush(this.#rest.length - (this.#rest.length % 4)));
    return decoded.length === 1 ? (decoded[0] ?? NOTHING) : Buffer.concat(decoded);
  }

  end(): Buffer {
    return this.#flush(this.#rest.length);
  }

  #flush(length: number): Buffer {
    if (length % 4 === 1) this.#damaged = true;
    const bytes = Buffer.from(this.#rest.slice(0, length), 'base64');
    this.#rest = this.#rest.slice(length);
    return bytes;
  }
}

const [TAB, LF, CR, SPACE, EQUALS] = [0x09, 0x0a, 0x0d, 0x20, 0x3d];
/** White space before a line end is held back (RFC 2045 §6.7 rule 3), but not without end. */
const MOST_HELD = 4096;

/**
 * | held               | next             | becomes                                    |
 * |--------------------|------------------|--------------------------------------------|
 * | nothing            | =                | held                                       |
 * | white space        | CR, LF, the end  | the white space was put in on the way: out |
 * | =                  | LF, CR LF        | nothing: a soft line break                 |
 * | = and white space  | LF, CR LF        | nothing: a soft line break                 |
 * | = and one digit    | a digit          | the byte                                   |
 * | = ...              | anything else    | itself, and the encoding is damaged        |
 */
class QuotedPrintable implements TransferDecoder {
  /** White space, or "=" and what followed. */
  #held: number[] = [];
  #damaged = false;
  #output = NOTHING;
  #length = 0;

  get damaged(): boolean {
    return this.#damaged;
  }

  write(bytes: Buffer): Buffer {
    this.#output = Buffer.allocUnsafe(bytes.length + this.#held.length);
    this.#length = 0;
    for (const byte of bytes) this.#take(byte);
    return this.#output.subarray(0, this.#length);
  }

  end(): Buffer {
    this.#output = Buffer.allocUnsafe(this.#held.length);
    this.#length = 0;
    if (this.#held[0] === EQUALS && this.#held.length > 1) this.#release();
    return this.#output.subarray(0, this.#length);
  }

  #take(byte: number): void {
    if (this.#held[0] === EQUALS) this.#takeInEscape(byte);
    else this.#takeInText(byte);
  }

  #takeInText(byte: number): void {
    if (byte === SPACE || byte === TAB) {
      if (this.#held.length === MOST_HELD) this.#release();
      this.#held.push(byte);
      return;
    }
    if (this.#held.length > 0) {
      if (byte === CR || byte === LF) this.#held = [];
      else this.#release();
    }
    if (byte === EQUALS) this.#held = [byte];
    else this.#put(byte);
  }

  #takeInEscape(byte: number): void {
    const before = this.#held[this.#held.length - 1] ?? EQUALS;
    const digit = digitOf(byte);
    if (byte === LF) this.#held = [];
    else if (before !== CR && !isDigit(before) && (byte === CR || byte === SPACE || byte === TAB)) this.#hold(byte);
    else if (digit !== null && before === EQUALS) this.#hold(byte);
    else if (digit !== null && isDigit(before)) {
      this.#held = [];
      this.#put((digitOf(before) ?? 0) * 16 + digit);
    } else {
      this.#damaged = true;
      this.#release();
      this.#takeInText(byte);
    }
  }

  #hold(byte: number): void {
    if (this.#held.length === MOST_HELD) {
      this.#damaged = true;
      this.#release();
    }
    this.#held.push(byte);
  }

  /** What was held is text after all. */
  #release(): void {
    for (const byte of this.#held) this.#put(byte);
    this.#held = [];
  }

  #put(byte: number): void {
    this.#output[this.#length++] = byte;
  }
}

const isDigit = (byte: number): boolean => digitOf(byte) !== null;

function digitOf(byte: number): number | null {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte & ~0x20;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x41 + 10 : null;
}
