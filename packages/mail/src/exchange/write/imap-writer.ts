import type { Alteration, Appender, OutgoingMessage } from '@mxodus/model';
import type { ExchangeWriter, Target, Written } from './exchange-writer.ts';
import { longestLine } from './long-line.ts';

/** Exchange answers a longer line with `BAD Command Argument Error. 11` (imapsync FAQ, 2026-11). */
const LONGEST_LINE = 10_239;
/** The one keyword Exchange keeps over IMAP. */
const KEPT_KEYWORD = '$mdnsent';

/**
 * APPEND over IMAP: the way that keeps most of a message. It learns no item id, and no key is kept with the copy: the copy is found by
 * its Message-ID and date.
 */
export class ImapWriter implements ExchangeWriter {
  readonly #open: () => Promise<Appender>;
  #appender: Promise<Appender> | undefined;

  constructor(open: () => Promise<Appender>) {
    this.#open = open;
  }

  async write(message: OutgoingMessage, { path }: Target): Promise<Written> {
    const longest = await longestLine(message.body);
    if (longest > LONGEST_LINE) {
      const response = `a line of ${longest} bytes: over IMAP Exchange takes ${LONGEST_LINE}`;
      return { kind: 'refused', reason: 'content', response };
    }
    const { flags, lost } = splitFlags(message.flags);
    const appender = await this.#usable();
    const [outcome] = (await appender.append(path, [{ ...message, flags }])).outcomes;
    if (outcome === undefined) return { kind: 'refused', reason: 'other', response: 'no answer' };
    if (outcome.kind === 'refused') return outcome;
    return { kind: 'stored', itemId: null, alterations: [...(outcome.alterations ?? []), ...lost] };
  }

  async close(): Promise<void> {
    const [opened] = await Promise.allSettled([this.#appender]);
    if (opened.status === 'fulfilled') await opened.value?.close();
  }

  /** Opened when first needed; anew when its connection has ended. */
  async #usable(): Promise<Appender> {
    const known = this.#appender;
    if (known !== undefined) {
      const [opened] = await Promise.allSettled([known]);
      if (opened.status === 'fulfilled' && opened.value.usable) return opened.value;
      if (this.#appender === known) this.#appender = undefined;
    }
    this.#appender ??= this.#open();
    return await this.#appender;
  }
}

function splitFlags(flags: readonly string[]): { flags: string[]; lost: Alteration[] } {
  const isKept = (flag: string): boolean => flag.startsWith('\\') || flag.toLowerCase() === KEPT_KEYWORD;
  const lost = flags.filter((flag) => !isKept(flag));
  return {
    flags: flags.filter(isKept),
    lost: lost.map((keyword) => ({
      what: `the keyword ${keyword} is left out`,
      why: 'Exchange keeps no keywords of messages that come over IMAP',
    })),
  };
}
