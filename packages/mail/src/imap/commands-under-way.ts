import { FetchRow, readFetchRow } from './fetch-row.ts';
import { FlagLists } from './flag-lists.ts';
import { MalformedResponse, type ResponseCursor, SPACE } from './response-cursor.ts';
import type { LiteralSink, ResponseSink } from './response-framer.ts';
import type { Untagged } from './untagged.ts';

/** A tagged answer (RFC 9051 7.1). `text` is everything after the status. */
export interface TaggedAnswer {
  status: 'OK' | 'NO' | 'BAD';
  text: string;
}

/**
 * What a command wants to hear while it is under way. Untagged responses are offered to the commands in the order they were sent:
 * the first that takes one (true) has it.
 */
export interface Listener {
  /** The row is good until the call returns. */
  row?(row: FetchRow): boolean;
  untagged?(response: Untagged): boolean;
  /** An untagged response nobody can read; its beginning. */
  malformed?(response: string): void;
  /** A literal begins; what came before it is at the cursor. Not null: its bytes go there, and the row has none. */
  literal?(before: ResponseCursor, size: number): LiteralSink | null;
  /** At once when the tagged answer comes, before anything that follows it is looked at. */
  answered?(answer: TaggedAnswer): void;
}

interface Waiting {
  resolve(answer: TaggedAnswer): void;
  reject(error: unknown): void;
  listener: Listener;
}

const STAR = 42;
const PLUS = 43;

/**
 * The commands that were sent and not answered yet, and which response is whose: tagged answers by their tag, untagged ones go to
 * the oldest command that takes them, a continuation request to the oldest that waits for one.
 */
export class CommandsUnderWay implements ResponseSink {
  readonly #commands = new Map<string, Waiting>();
  #continuations: (() => void)[] = [];
  readonly #row = new FetchRow();
  readonly #flagLists = new FlagLists();
  readonly #onAnswer: () => void;
  /** The server's last words. */
  bye: string | undefined;

  /** @param onAnswer called when a command has been answered */
  constructor(onAnswer: () => void) {
    this.#onAnswer = onAnswer;
  }

  get size(): number {
    return this.#commands.size;
  }

  add(tag: string, listener: Listener): Promise<TaggedAnswer> {
    return new Promise((resolve, reject) => this.#commands.set(tag, { resolve, reject, listener }));
  }

  /** Resolves at the next continuation request, or when the command is answered without one. */
  continuation(answer: Promise<TaggedAnswer>): Promise<'go on' | TaggedAnswer> {
    const { promise, resolve } = Promise.withResolvers<'go on'>();
    const go = (): void => resolve('go on');
    this.#continuations.push(go);
    const forget = (): void => {
      this.#continuations = this.#continuations.filter((other) => other !== go);
    };
    answer.then(forget, forget);
    return Promise.race([promise, answer]);
  }

  reject(error: unknown): void {
    for (const waiting of this.#commands.values()) waiting.reject(error);
    this.#commands.clear();
  }

  response(cursor: ResponseCursor): void {
    const first = cursor.peek();
    if (first === STAR) {
      cursor.position += 1;
      cursor.skipSpaces();
      try {
        this.#untagged(cursor);
      } catch (error) {
        this.#malformed(cursor, error);
      }
    } else if (first === PLUS) {
      this.#continuations.shift()?.();
    } else {
      this.#tagged(cursor);
    }
  }

  #tagged(cursor: ResponseCursor): void {
    const tag = cursor.atom();
    const waiting = this.#commands.get(tag);
    const [, word = '', text = ''] = /^ +(OK|NO|BAD)\b ?(.*)$/is.exec(cursor.rest()) ?? [];
    if (waiting === undefined || word === '') return;
    this.#commands.delete(tag);
    this.#onAnswer();
    const upper = word.toUpperCase();
    const answer: TaggedAnswer = { status: upper === 'OK' ? 'OK' : upper === 'NO' ? 'NO' : 'BAD', text };
    waiting.listener.answered?.(answer);
    waiting.resolve(answer);
  }

  #untagged(cursor: ResponseCursor): void {
    const digit = cursor.peek();
    const number = digit >= 48 && digit <= 57 ? cursor.number() : null;
    cursor.skipSpaces();
    if (number !== null && isFetch(cursor)) {
      this.#fetched(cursor);
      return;
    }
    const name = cursor.atom().toUpperCase();
    const { position } = cursor;
    if (name === 'BYE') {
      this.bye = cursor.rest().trim();
      return;
    }
    for (const { listener } of this.#commands.values()) {
      if (listener.untagged === undefined) continue;
      cursor.rewind();
      cursor.position = position;
      if (listener.untagged({ name, number, cursor })) return;
    }
  }

  #malformed(cursor: ResponseCursor, error: unknown): void {
    if (!(error instanceof MalformedResponse)) throw error;
    cursor.rewind();
    const response = cursor.rest().slice(0, 200);
    for (const { listener } of this.#commands.values()) listener.malformed?.(response);
  }

  #fetched(cursor: ResponseCursor): void {
    const row = this.#row;
    readFetchRow(cursor, row, this.#flagLists);
    for (const { listener } of this.#commands.values()) {
      if (listener.row?.(row) === true) break;
    }
    row.clear();
  }

  literal(before: ResponseCursor, size: number): LiteralSink | null {
    // The server works in order: only the oldest command can be sure that the row is its own.
    const [oldest] = this.#commands.values();
    return oldest?.listener.literal?.(before, size) ?? null;
  }
}

/** "FETCH" and a space or a parenthesis, in either case. */
function isFetch(cursor: ResponseCursor): boolean {
  const { buffer, position } = cursor;
  const is = (offset: number, capital: number): boolean => ((buffer[position + offset] ?? 0) & ~32) === capital;
  if (!is(0, 70) || !is(1, 69) || !is(2, 84) || !is(3, 67) || !is(4, 72) || buffer[position + 5] !== SPACE)
    return false;
  cursor.position = position + 6;
  cursor.skipSpaces();
  return true;
}
