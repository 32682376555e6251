import { createHash } from 'node:crypto';
import type { Content } from '../model/mailbox.ts';
import type { Random, Weights } from '../random.ts';

/**
 *   plain           a message of its own
 *   no-id           without a Message-ID
 *   shared-id       with the Message-ID of another one, and other bytes
 *   same-header     with the whole header of another one, and another body of another size
 *   same-size       with the whole header of another one, and another body of the same size
 *   bare            hardly a message: one line, no header
 *   large           of megabytes
 */
export type ContentKind = 'plain' | 'no-id' | 'shared-id' | 'same-header' | 'same-size' | 'bare' | 'large';

const KINDS: Weights<ContentKind> = {
  plain: 60,
  'no-id': 12,
  'shared-id': 10,
  'same-header': 6,
  'same-size': 3,
  bare: 3,
  large: 1,
};

export interface Written {
  content: Content;
  bytes: Buffer;
}

/** Writes messages, each with bytes of its own. */
export interface Writer {
  write(random: Random): Written;
  bytesOf(content: Content): Buffer;
}

interface Parts {
  messageId: string;
  header: string;
  body: string;
}

const LINE = 'The quick brown fox jumps over the lazy dog; Größe, naïve, Straße, 東京.';
const LINE_OF_ONE_BYTE_CHARACTERS = 'z'.repeat(76);

/** @param owner goes into the Message-IDs. */
export function createWriter(owner: string): Writer {
  const earlier: Parts[] = [];
  const written = new Map<Content, Buffer>();
  return {
    write: (random) => {
      const number = written.size + 1;
      const model = earlier.length > 0 ? random.pick(earlier) : null;
      const kind = model === null ? 'plain' : random.weighted(KINDS);
      const parts = write(random, { number, kind, owner, model: model ?? EMPTY });
      if (kind === 'plain') earlier.push(parts);
      const bytes = Buffer.from(parts.header + parts.body);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const content = { name: `#${number} ${kind}`, sha256 };
      written.set(content, bytes);
      return { content, bytes };
    },
    bytesOf: (content) => {
      const bytes = written.get(content);
      if (bytes === undefined) throw new Error(`${content.name} was not written here.`);
      return bytes;
    },
  };
}

const EMPTY: Parts = { messageId: '', header: '', body: '' };
interface Wanted {
  number: number;
  kind: ContentKind;
  owner: string;
  model: Parts;
}

function write(random: Random, { number, kind, owner, model }: Wanted): Parts {
  const own = `<${number}.${random.below(1e9)}@${owner}.example.test>`;
  const messageId = kind === 'shared-id' ? model.messageId : own;
  const header = headerOf(random, number, kind === 'no-id' ? null : messageId);
  const body = bodyOf(random, number, kind === 'large' ? random.between(12_000, 25_000) : random.between(0, 40));
  switch (kind) {
    case 'bare':
      return { messageId, header: '', body: `message ${number} has nothing but this line\r\n` };
    case 'same-header':
      return { ...model, body: `${model.body}and more: ${number}\r\n` };
    case 'same-size':
      return { ...model, body: model.body.replace(/^\d{8}/, String(90_000_000 + number)) };
    default:
      return { messageId, header, body };
  }
}

function headerOf(random: Random, number: number, messageId: string | null): string {
  const date = new Date(Date.UTC(2012, 0, 1) + random.below(4e8) * 1000).toUTCString().replace('GMT', '+0000');
  const lines = [
    `From: Someone <someone${random.below(20)}@example.net>`,
    'To: user@example.test',
    `Subject: ${random.pick(['Offer', 'Minutes', 'Re: Minutes', 'Invoice', 'Holiday'])} ${random.below(50)} ${number}`,
    `Date: ${date}`,
    ...(messageId === null ? [] : [`Message-ID: ${messageId}`]),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The first eight digits make it one of a kind. */
function bodyOf(random: Random, number: number, lines: number): string {
  const line = random.chance(0.5) ? LINE : LINE_OF_ONE_BYTE_CHARACTERS;
  return `${String(10_000_000 + number)}\r\n${`${line}\r\n`.repeat(lines)}`;
}
