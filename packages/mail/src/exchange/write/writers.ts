import { open } from 'node:fs/promises';
import { type Body, MxodusError, type OutgoingMessage } from '@mxodus/model';
import type { MessageTraits } from '../mime/graph-message.ts';
import { headerEnd } from '../mime/header-block.ts';
import { traitsOf } from '../mime/read-content.ts';
import type { ExchangeAppenderOptions } from './appender-options.ts';
import { chooseWriter } from './choose-writer.ts';
import type { ExchangeWriter, Target, WriterName, Written } from './exchange-writer.ts';
import { graphJsonWriter } from './graph-json-writer.ts';
import { ImapWriter } from './imap-writer.ts';
import { importMimeWriter } from './import-mime-writer.ts';
import type { Mailbox } from './mailbox-requests.ts';
import { Staging } from './staging.ts';

/** What traits are read of; attachments of a signed or encrypted message come after what says so. */
const HEAD_BYTES = 64 * 1024;

/** Refusals of the IMAP way that are no refusal of the message: under auto it is written by JSON then. */
const WAY_REFUSED: ReadonlySet<string> = new Set(['content', 'flags', 'date', 'no-folder', 'other']);

/** All ways into one mailbox; each message by the one that chooseWriter names. */
export class Writers implements ExchangeWriter {
  readonly #options: ExchangeAppenderOptions;
  readonly #writers: Readonly<Record<WriterName, ExchangeWriter>>;

  constructor(options: ExchangeAppenderOptions, mailbox: Mailbox) {
    const { keyed, messageLimit, tempDir } = options;
    const staging = new Staging(mailbox);
    this.#options = options;
    this.#writers = {
      'graph-json': graphJsonWriter({ mailbox, keyed, staging: () => staging.id(), messageLimit, tempDir }),
      'graph-importmime': importMimeWriter(mailbox, options.importMimeProof),
      'imap-append': new ImapWriter(options.imap ?? imapNotSetUp),
    };
  }

  async write(message: OutgoingMessage, target: Target): Promise<Written> {
    const { writer, imap } = this.#options;
    const isAuto = writer === 'auto';
    const draft = message.flags.some((flag) => flag.toLowerCase() === '\\draft');
    const matters = writer === 'graph-importmime' || (isAuto && imap !== null);
    const traits = matters && !draft ? await readTraits(message.body) : null;
    const chosen = chooseWriter({ draft, traits }, { writer, imap: imap !== null });
    const written = await this.#writers[chosen].write(message, target);
    const otherWay =
      isAuto && chosen === 'imap-append' && written.kind === 'refused' && WAY_REFUSED.has(written.reason);
    return otherWay ? await this.#writers['graph-json'].write(message, target) : written;
  }

  async close(): Promise<void> {
    for (const writer of Object.values(this.#writers)) await writer.close();
  }
}

interface Traits extends MessageTraits {
  hasMessageId: boolean;
}

const MESSAGE_ID = /^message-id[ \t]*:\s*<[^<>\s]+>/im;

const traitsIn = (head: Buffer, bytes: number): Traits => {
  const hasMessageId = MESSAGE_ID.test(head.subarray(0, headerEnd(head)).toString('latin1'));
  return { ...traitsOf(head, bytes), hasMessageId };
};

async function readTraits(body: Body): Promise<Traits> {
  if (body.kind === 'memory') return traitsIn(body.bytes.subarray(0, HEAD_BYTES), body.bytes.length);
  const file = await open(body.path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return traitsIn(buffer.subarray(0, bytesRead), body.size);
  } finally {
    await file.close();
  }
}

async function imapNotSetUp(): Promise<never> {
  throw new MxodusError('CONFIG_INVALID', {
    what: '`writer: imap-append` without `imap:`',
    why: 'messages would be written by IMAP, and that way is not set up for this server',
    advice: 'add `imap:` to the server and set up its service principal (docs/exchange.md), or set `writer: auto`',
  });
}
