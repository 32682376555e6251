import type { ResponseCursor, Value } from './response-cursor.ts';

/** An untagged response (RFC 9051 7) that is not FETCH. */
export interface Untagged {
  /** In capitals: "EXISTS", "LIST", "OK". */
  name: string;
  /** `* 23 EXISTS`: 23. */
  number: number | null;
  /** Stands after the name. */
  cursor: ResponseCursor;
}

export interface ResponseCode {
  /** In capitals; '' where there is none. */
  name: string;
  /** What is between the name and `]`. */
  argument: string;
  /** What comes after it. */
  text: string;
}

/** `[UIDVALIDITY 3857529045] UIDs valid` */
export function readResponseCode(text: string): ResponseCode {
  const [, name = '', argument = '', rest = text] = /^\s*\[([^\s\]]+) ?([^\]]*)\] ?(.*)$/s.exec(text) ?? [];
  return { name: name.toUpperCase(), argument, text: rest };
}

/** The numbers of `* SEARCH 2 84 882`; what follows them, such as `(MODSEQ 9)`, is left alone. */
export function readNumbers(cursor: ResponseCursor): number[] {
  const numbers: number[] = [];
  for (;;) {
    cursor.skipSpaces();
    const byte = cursor.peek();
    if (byte < 48 || byte > 57) return numbers;
    numbers.push(cursor.number());
  }
}

/** `MESSAGES 231 UIDNEXT 44292`: names in capitals. */
export function readPairs(values: readonly Value[]): Map<string, Value> {
  const pairs = new Map<string, Value>();
  for (let index = 0; index + 1 < values.length; index += 2) {
    const name = values[index];
    if (typeof name === 'string') pairs.set(name.toUpperCase(), values[index + 1] ?? null);
  }
  return pairs;
}
