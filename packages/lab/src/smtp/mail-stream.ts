/** A stranger's mail server: keeps sending during a cutover, as the world does, and knows what became of each mail. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DnsAddress } from '../dns/exchange.ts';
import { createMxLookup, type MxLookup } from './mx-lookup.ts';
import { sendByMx } from './send-by-mx.ts';

/**
 *   ttl      honours the TTL
 *   sticky   keeps an answer `stickySeconds` longer
 *   static   has the address of a host in its settings, and asks no DNS
 *   backup   tries the MX with the highest number first
 *   burst    honours the TTL, and sends many at once, then none for as long as that is worth
 *
 * A sender behind a bad cache is any of these with that cache as its `resolver`.
 */
export type StreamProfile = 'ttl' | 'sticky' | 'static' | 'backup' | 'burst';

export interface MailStreamOptions {
  /** The resolver to ask for MX and A. */
  resolver: DnsAddress;
  /** In place of 25. */
  smtpPort: number;
  /** Addresses that get mail in turn. */
  recipients: readonly string[];
  /** One new mail in each. Default 150. */
  everyMs?: number;
  /** How the sender finds its way. Default ttl. */
  profile?: StreamProfile;
  /** Of the profile sticky. Default 12. */
  stickySeconds?: number;
  /** Of the profile static: the address it has in its settings. */
  staticAddress?: string;
  /** Of the profile burst: mails made at once. Default 10. */
  burst?: number;
  from?: string;
}

export interface SentMail {
  messageId: string;
  recipient: string;
  /** RFC 3339, UTC. */
  madeAt: string;
}

export interface MailStream {
  /** Every mail made so far, delivered or not. */
  sent: readonly SentMail[];
  /** Mails a host accepted, and which. */
  delivered: readonly (SentMail & { host: string; deliveredAt: string })[];
  /** Mails refused with a 5xx. */
  bounced: readonly (SentMail & { reply: string })[];
  /** Made, but neither delivered nor bounced yet. */
  readonly queued: number;
  /** The last reason why a mail had to wait, if any did. */
  readonly lastDelay: string | null;
  /** Makes no new mail, and waits until the queue is empty. Throws when mail is still queued after `giveUpAfterMs`. */
  stop(giveUpAfterMs?: number): Promise<void>;
  /** Ends at once, with what is queued. */
  abandon(): void;
}

/** Starts sending. */
export function startMailStream(options: MailStreamOptions): MailStream {
  const { recipients, everyMs = 150, profile = 'ttl', from = 'friend@elsewhere.test' } = options;
  const stranger = { lookup: wayOf(options), port: options.smtpPort, name: 'mail.elsewhere.test' };
  const sent: SentMail[] = [];
  const delivered: (SentMail & { host: string; deliveredAt: string })[] = [];
  const bounced: (SentMail & { reply: string })[] = [];
  const sending = new Set<Promise<void>>();
  const abandoned = new AbortController();
  let lastDelay: string | null = null;

  const send = async (mail: SentMail): Promise<void> => {
    while (!abandoned.signal.aborted) {
      const { outcome, host, text } = await sendByMx(stranger, { from, to: mail.recipient, raw: compose(from, mail) });
      if (outcome === 'delivered') return void delivered.push({ ...mail, host, deliveredAt: new Date().toISOString() });
      if (outcome === 'bounced') return void bounced.push({ ...mail, reply: text });
      lastDelay = text;
      await sleep(1000, undefined, { signal: abandoned.signal }).catch(ignoreAbort);
    }
  };
  const make = (): void => {
    const recipient = recipients[sent.length % recipients.length];
    if (recipient === undefined) return;
    const messageId = `<${sent.length + 1}.${profile}.${randomBytes(6).toString('hex')}@stream.test>`;
    const mail = { messageId, recipient, madeAt: new Date().toISOString() };
    sent.push(mail);
    const job = send(mail).finally(() => sending.delete(job));
    sending.add(job);
  };
  const atOnce = profile === 'burst' ? (options.burst ?? 10) : 1;
  const timer = setInterval(() => {
    for (let left = atOnce; left > 0; left -= 1) make();
  }, everyMs * atOnce);

  return {
    sent,
    delivered,
    bounced,
    get queued() {
      return sending.size;
    },
    get lastDelay() {
      return lastDelay;
    },
    stop: async (giveUpAfterMs = 60_000) => {
      clearInterval(timer);
      const enough = new AbortController();
      const late = sleep(giveUpAfterMs, 'late' as const, { signal: enough.signal });
      late.catch(ignoreAbort);
      const result = await Promise.race([Promise.all(sending), late]);
      enough.abort();
      if (result !== 'late') return;
      const left = sending.size;
      abandoned.abort();
      throw new Error(`${left} mails are still queued: ${lastDelay}`);
    },
    abandon: () => {
      clearInterval(timer);
      abandoned.abort();
    },
  };
}

function wayOf({ profile, resolver, stickySeconds = 12, staticAddress }: MailStreamOptions): MxLookup {
  if (profile !== 'static') {
    const keepLonger = profile === 'sticky' ? stickySeconds : 0;
    return createMxLookup({ resolver, keepLonger, first: profile === 'backup' ? 'worst' : 'best' });
  }
  if (staticAddress === undefined) throw new Error('The profile static needs a staticAddress.');
  return { addresses: async () => [staticAddress] };
}

function compose(from: string, { messageId, recipient, madeAt }: SentMail): string {
  return [
    `From: A friend <${from}>`,
    `To: ${recipient}`,
    `Subject: Sent at ${madeAt}`,
    `Date: ${new Date(madeAt).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Hello, does this reach you while your mail moves?',
    '',
  ].join('\r\n');
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
