import { createHash } from 'node:crypto';

/** A literal: its bytes, or for a whole message (BODY[], RFC822) only their hash and number, so that no mailbox has to fit into memory. */
export type Literal = { kind: 'bytes'; bytes: Buffer } | { kind: 'digest'; sha256: string; length: number };

/** One response: the text up to the first literal (latin1, without its {n}), the literal, the text after it, and so on. */
export type Response = readonly (string | Literal)[];

interface OpenLiteral {
  left: number;
  take(chunk: Buffer): void;
  close(): Literal;
}

/** Cuts a server's byte stream into responses. It counts literals, and never looks into them. */
export function createResponseReader(onResponse: (response: Response) => void): (chunk: Buffer) => void {
  let line: Buffer[] = [];
  let pieces: (string | Literal)[] = [];
  let literal: OpenLiteral | null = null;

  const endLine = (text: string): void => {
    const size = /\{(\d+)\}$/.exec(text);
    if (!size) {
      pieces.push(text);
      const response = pieces;
      pieces = [];
      onResponse(response);
      return;
    }
    const before = text.slice(0, size.index);
    pieces.push(before);
    literal = openLiteral(before, Number(size[1]));
    if (literal.left === 0) endLiteral(literal);
  };
  const endLiteral = (open: OpenLiteral): void => {
    pieces.push(open.close());
    literal = null;
  };

  return (chunk) => {
    let offset = 0;
    while (offset < chunk.length) {
      if (literal) {
        const part = chunk.subarray(offset, offset + literal.left);
        literal.take(part);
        literal.left -= part.length;
        offset += part.length;
        if (literal.left === 0) endLiteral(literal);
        continue;
      }
      const end = chunk.indexOf(0x0a, offset);
      line.push(chunk.subarray(offset, end === -1 ? chunk.length : end));
      if (end === -1) return;
      const text = Buffer.concat(line).toString('latin1').replace(/\r$/, '');
      line = [];
      offset = end + 1;
      endLine(text);
    }
  };
}

function openLiteral(before: string, length: number): OpenLiteral {
  if (/\b(BODY\[\]|RFC822) $/.test(before)) {
    const hash = createHash('sha256');
    return {
      left: length,
      take: (chunk) => void hash.update(chunk),
      close: () => ({ kind: 'digest', sha256: hash.digest('hex'), length }),
    };
  }
  const chunks: Buffer[] = [];
  return {
    left: length,
    take: (chunk) => void chunks.push(chunk),
    close: () => ({ kind: 'bytes', bytes: Buffer.concat(chunks) }),
  };
}
