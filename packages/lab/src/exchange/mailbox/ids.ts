import { createHash } from 'node:crypto';

/**
 * Ids as Exchange makes them: base64url with padding, case-sensitive, some longer than 255 characters. In every mailbox the second
 * message's ids differ from the first's only in case, and so do others, by the seed.
 */

type Kind = 'message' | 'immutable' | 'folder' | 'attachment' | 'conversation';

const PREFIX: Readonly<Record<Kind, string>> = {
  message: 'AAMkA',
  immutable: 'AAkAL',
  folder: 'AQMkA',
  attachment: 'AAMkB',
  conversation: 'AAQkA',
};
const TWINS: ReadonlySet<Kind> = new Set<Kind>(['message', 'immutable']);
const FORM = /^(AAMkA|AAkAL|AQMkA|AAMkB|AAQkA)[A-Za-z0-9_-]{40,}={0,2}$/;

export class IdMaker {
  readonly #seed: string;
  readonly #mailbox: string;
  /** What all ids of the mailbox begin with. */
  readonly #box: string;
  readonly #issued = new Map<Kind, number>();
  readonly #last = new Map<Kind, string>();

  constructor(seed: string, mailbox: string) {
    this.#seed = seed;
    this.#mailbox = `${seed}\n${mailbox}`;
    this.#box = createHash('sha1').update(this.#mailbox).digest('base64url');
  }

  next(kind: Kind): string {
    const count = (this.#issued.get(kind) ?? 0) + 1;
    this.#issued.set(kind, count);
    const bytes = createHash('sha512').update(`${this.#mailbox}\n${kind}\n${count}`).digest();
    const before = this.#last.get(kind);
    if (before !== undefined && TWINS.has(kind) && (count === 2 || bytes.readUInt8(0) < 16)) {
      this.#last.delete(kind);
      return twin(before);
    }
    const id = this.#make(kind, bytes);
    this.#last.set(kind, id);
    return id;
  }

  /** As if it were of this mailbox, the same for the same text. */
  of(kind: Kind, text: string): string {
    return this.#make(kind, createHash('sha512').update(`${this.#mailbox}\n${kind}\n:${text}`).digest());
  }

  #make(kind: Kind, bytes: Buffer): string {
    const long = bytes.readUInt8(1) % 8 === 0 && kind !== 'conversation';
    const parts = [bytes];
    while (long && parts.length < 4) {
      parts.push(createHash('sha512').update(`${this.#seed}${parts.length}`).update(bytes).digest());
    }
    return `${PREFIX[kind]}${this.#box}${Buffer.concat(parts).toString('base64url')}AAA=`;
  }
}

/** The id with the case of its last letters turned. */
function twin(id: string): string {
  const body = id.slice(0, -4);
  for (let at = body.length - 1; at > 40; at -= 1) {
    const letter = body.charAt(at);
    const turned = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
    if (turned !== letter) return `${body.slice(0, at)}${turned}${body.slice(at + 1)}${id.slice(-4)}`;
  }
  return id;
}

export const isIdForm = (id: string): boolean => FORM.test(id);

/** A change key: one for each state of an item. */
export const changeKeyOf = (serial: number, state: number): string => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(serial, 4);
  bytes.writeUInt32BE(state, 10);
  return `CQAAAB${bytes.toString('base64')}`;
};
