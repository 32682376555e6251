/** Follows an IMAP stream in one direction, so that the proxy knows where commands and answers begin and end. */

export interface ClientPiece {
  /** To be forwarded as they are. */
  bytes: Buffer;
  /** Set on the piece that is the first line of a command. */
  begins?: { tag: string /** The line without tag and CRLF. */; text: string };
  /** Set on the piece that completes a command, literals and all. */
  ends?: { tag: string };
}

export interface CommandScanner {
  feed(chunk: Buffer): ClientPiece[];
  /** The server answered this tag: if it did so in place of asking for a literal, no literal comes. */
  answered(tag: string): void;
}

/** Cuts what a client sends into lines and literals. A line is held back until it is whole. */
export function createCommandScanner(): CommandScanner {
  let line: Buffer[] = [];
  let literalLeft = 0;
  let untouched = false;
  let current: string | null = null;

  const endOfLine = (bytes: Buffer): ClientPiece => {
    const text = bytes.toString('latin1').replace(/\r?\n$/, '');
    const piece: ClientPiece = { bytes };
    if (current === null) {
      const command = /^([^\s()"]+) (\S.*)$/.exec(text);
      if (!command?.[1] || command[2] === undefined) return piece;
      current = command[1];
      piece.begins = { tag: current, text: command[2] };
    }
    const literal = /\{(\d+)\+?\}$/.exec(text);
    literalLeft = literal ? Number(literal[1]) : 0;
    untouched = literal !== null;
    if (!literal) {
      piece.ends = { tag: current };
      current = null;
    }
    return piece;
  };

  return {
    feed: (chunk) => {
      const pieces: ClientPiece[] = [];
      let offset = 0;
      while (offset < chunk.length) {
        untouched = false;
        if (literalLeft > 0) {
          const bytes = chunk.subarray(offset, offset + literalLeft);
          literalLeft -= bytes.length;
          offset += bytes.length;
          pieces.push({ bytes });
          continue;
        }
        const end = chunk.indexOf(0x0a, offset);
        line.push(chunk.subarray(offset, end === -1 ? chunk.length : end + 1));
        if (end === -1) break;
        offset = end + 1;
        const bytes = Buffer.concat(line);
        line = [];
        pieces.push(endOfLine(bytes));
      }
      return pieces;
    },
    answered: (tag) => {
      if (tag !== current || !untouched) return;
      literalLeft = 0;
      current = null;
    },
  };
}

export interface ServerPiece {
  bytes: Buffer;
  /** Set on the piece that is a tagged answer. */
  answer?: { tag: string; ok: boolean };
}

/** Cuts what a server sends. A line is held back until it is whole, literals are passed on as they come. */
export function createAnswerScanner(): (chunk: Buffer) => ServerPiece[] {
  let line: Buffer[] = [];
  let literalLeft = 0;
  let insideResponse = false;

  const endOfLine = (bytes: Buffer): ServerPiece => {
    const text = bytes.toString('latin1').replace(/\r?\n$/, '');
    const first = !insideResponse;
    const literal = /\{(\d+)\}$/.exec(text);
    literalLeft = literal ? Number(literal[1]) : 0;
    insideResponse = literal !== null;
    const answer = first ? /^([^\s*+]\S*) (OK|NO|BAD)\b/.exec(text) : null;
    return answer?.[1] ? { bytes, answer: { tag: answer[1], ok: answer[2] === 'OK' } } : { bytes };
  };

  return (chunk) => {
    const pieces: ServerPiece[] = [];
    let offset = 0;
    while (offset < chunk.length) {
      if (literalLeft > 0) {
        const bytes = chunk.subarray(offset, offset + literalLeft);
        literalLeft -= bytes.length;
        offset += bytes.length;
        pieces.push({ bytes });
        continue;
      }
      const end = chunk.indexOf(0x0a, offset);
      line.push(chunk.subarray(offset, end === -1 ? chunk.length : end + 1));
      if (end === -1) break;
      offset = end + 1;
      const bytes = Buffer.concat(line);
      line = [];
      pieces.push(endOfLine(bytes));
    }
    return pieces;
  };
}
