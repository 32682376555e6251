/** Follows an IMAP stream in one direction, so that the proxy knows where commands and answers begin and end. */
import { createCutter, type Line } from './lines-and-literals.ts';

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
  let current: string | null = null;
  let waitsForGoAhead = false;

  const endOfLine = ({ bytes, text, literal }: Line): ClientPiece => {
    const piece: ClientPiece = { bytes };
    waitsForGoAhead = false;
    if (current === null) {
      const command = /^([^\s()"]+) (\S.*)$/.exec(text);
      if (!command?.[1] || command[2] === undefined) return piece;
      current = command[1];
      piece.begins = { tag: current, text: command[2] };
    }
    waitsForGoAhead = literal?.synchronising ?? false;
    if (!literal) {
      piece.ends = { tag: current };
      current = null;
    }
    return piece;
  };
  const cutter = createCutter<ClientPiece>({
    line: endOfLine,
    literal: (bytes) => {
      waitsForGoAhead = false;
      return { bytes };
    },
  });

  return {
    feed: (chunk) => [...cutter.feed(chunk)],
    answered: (tag) => {
      if (tag !== current || !waitsForGoAhead) return;
      cutter.dropLiteral();
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
  let insideResponse = false;

  const endOfLine = ({ bytes, text, literal }: Line): ServerPiece => {
    const first = !insideResponse;
    insideResponse = literal !== null;
    const answer = first ? /^([^\s*+]\S*) (OK|NO|BAD)\b/.exec(text) : null;
    return answer?.[1] ? { bytes, answer: { tag: answer[1], ok: answer[2] === 'OK' } } : { bytes };
  };
  const cutter = createCutter<ServerPiece>({ line: endOfLine, literal: (bytes) => ({ bytes }) });
  return (chunk) => [...cutter.feed(chunk)];
}
